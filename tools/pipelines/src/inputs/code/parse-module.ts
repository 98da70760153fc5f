import { createHash } from 'node:crypto';
import { type AnyNode, type Program, parse } from 'acorn';
import { transformSync } from 'amaro';

/** Names taken from a module; `all` where that cannot be told, as in `import * as`. */
export type Names = string[] | 'all';

export interface Import {
  specifier: string;
  names: Names;
}

/** A name that a module exports of another one: `export { original as name } from 'specifier'`; `*` is all of its names. */
export interface ReExport {
  name: string;
  original: string;
  specifier: string;
}

/** A module of ours without what its result cannot depend on. */
export interface ParsedModule {
  /** Modules that it imports, which are loaded with it; types do not count. */
  imports: Import[];
  /** Modules and files that it may load later: by `import('…')`, `new URL('…', import.meta.url)` and the like. */
  references: Import[];
  reExports: ReExport[];
  /** Names of its own. */
  exports: string[];
  /** It does nothing but re-export. */
  barrel: boolean;
  /** It does something when it is loaded, besides declaring: whoever loads it may depend on that, whatever is taken. */
  effects: boolean;
  /** What it loads or reads and does not name by a literal, as written: `import(module)`. */
  untold: string[];
  /** sha256 (hex) of its syntax tree: equal where only types, comments, layout or the order of imports differ. */
  identity: string;
}

/**
 * @param source TypeScript that Node can strip (amaro is what Node itself strips with)
 * @throws SyntaxError
 */
export function parseModule(source: string): ParsedModule {
  const { code } = transformSync(source, { mode: 'strip-only' });
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
  const found: ParsedModule = {
    imports: [],
    references: [],
    reExports: [],
    exports: [],
    barrel: false,
    effects: false,
    untold: [],
    identity: '',
  };
  const body = program.body.filter((one) => !wasTypes(one, code));
  const rest = body.filter((statement) => !readStatement(statement, found));
  found.barrel = rest.length === 0 && found.reExports.length > 0;
  found.effects = rest.some(hasEffect);
  for (const statement of rest) findReferences(statement, found, (node) => code.slice(node.start, node.end));
  const bindings = body.flatMap(importBindings).sort();
  found.identity = createHash('sha256')
    .update(JSON.stringify([bindings, rest, found.reExports.map((one) => Object.values(one).join()).sort()], essential))
    .digest('hex');
  return found;
}

/** Braces of which nothing else is left: the names in them were types. */
function wasTypes(one: Program['body'][number], code: string): boolean {
  if (one.type === 'ExportNamedDeclaration') return !one.declaration && !one.specifiers.length;
  return one.type === 'ImportDeclaration' && !one.specifiers.length && code.slice(one.start, one.end).includes('{');
}

/** Whether a statement does more than declare. What is called to initialise a constant is taken to make that, and no more. */
function hasEffect(statement: Program['body'][number]): boolean {
  if (statement.type === 'ExpressionStatement') return statement.directive === undefined;
  return !/Declaration$|^EmptyStatement$/.test(statement.type);
}

/**
 * Reads an import or re-export.
 * @returns false for any other statement, whose own exports are read
 */
function readStatement(statement: Program['body'][number], { imports, reExports, exports }: ParsedModule): boolean {
  switch (statement.type) {
    case 'ImportDeclaration': {
      const names = statement.specifiers.map((one) => {
        if (one.type === 'ImportDefaultSpecifier') return 'default';
        return one.type === 'ImportSpecifier' ? nameOf(one.imported) : '*';
      });
      // Without names it is loaded for what it does.
      const all = names.includes('*') || !names.length;
      imports.push({ specifier: String(statement.source.value), names: all ? 'all' : names });
      return true;
    }
    case 'ExportAllDeclaration': {
      const name = statement.exported ? nameOf(statement.exported) : '*';
      reExports.push({ name, original: '*', specifier: String(statement.source.value) });
      return true;
    }
    case 'ExportNamedDeclaration': {
      for (const { local, exported } of statement.specifiers) {
        if (statement.source)
          reExports.push({
            name: nameOf(exported),
            original: nameOf(local),
            specifier: String(statement.source.value),
          });
        else exports.push(nameOf(exported));
      }
      exports.push(...declaredNames(statement.declaration));
      return statement.source != null;
    }
    case 'ExportDefaultDeclaration':
      exports.push('default');
      return false;
    default:
      return false;
  }
}

/** `specifier imported local` of each name that an import binds: their order means nothing. */
function importBindings(statement: Program['body'][number]): string[] {
  if (statement.type !== 'ImportDeclaration') return [];
  const from = String(statement.source.value);
  if (!statement.specifiers.length) return [from];
  return statement.specifiers.map((one) => {
    const imported = one.type === 'ImportSpecifier' ? nameOf(one.imported) : one.type;
    return `${from} ${imported} ${one.local.name}`;
  });
}

function declaredNames(declaration: AnyNode | null | undefined): string[] {
  if (!declaration) return [];
  if (declaration.type === 'VariableDeclaration')
    return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : patternNames(id)));
  if ('id' in declaration && declaration.id?.type === 'Identifier') return [declaration.id.name];
  return [];
}

function patternNames(pattern: AnyNode): string[] {
  const names: string[] = [];
  walk(pattern, (node) => {
    if (node.type === 'Identifier') names.push(node.name);
  });
  return names;
}

/** Dynamic imports, `require`, `new URL('…', import.meta.url)`, `import.meta.resolve('…')`: workers, traced modules, data files. */
function findReferences(statement: AnyNode, found: ParsedModule, written: (node: AnyNode) => string): void {
  const taken = new Map<AnyNode, string[]>();
  walk(statement, (node) => {
    if (node.type === 'VariableDeclarator' && node.init?.type === 'AwaitExpression' && node.id.type === 'ObjectPattern')
      taken.set(
        node.init.argument,
        node.id.properties.map((one) => ('key' in one && !one.computed ? nameOf(one.key) : '*')),
      );
    if (node.type === 'MemberExpression' && node.object.type === 'AwaitExpression' && !node.computed)
      taken.set(node.object.argument, [nameOf(node.property)]);
    if (isMeta(node, 'dirname') || isMeta(node, 'filename')) found.untold.push(written(node));
    const reference = referenceOf(node);
    if (!reference) return;
    const specifier = textOf(reference.to);
    if (specifier === undefined) found.untold.push(written(node));
    // A folder is no module: whoever reads in it says what he reads.
    else if (!reference.isPath || !/(^|\/)\.*$/.test(specifier)) {
      const names = taken.get(node);
      const relative = reference.isPath && !specifier.startsWith('.') ? `./${specifier}` : specifier;
      found.references.push({ specifier: relative, names: names && !names.includes('*') ? names : 'all' });
    }
  });
}

/** What an expression refers to another module or file by; `isPath` where that is a path even without a dot before it. */
function referenceOf(node: AnyNode): { to: AnyNode; isPath: boolean } | undefined {
  if (node.type === 'ImportExpression') return { to: node.source, isPath: false };
  if (node.type === 'NewExpression' && node.callee.type === 'Identifier' && node.callee.name === 'URL') {
    const [to, base] = node.arguments;
    return to && isMeta(base, 'url') ? { to, isPath: true } : undefined;
  }
  if (node.type !== 'CallExpression' || !node.arguments[0]) return undefined;
  const required = node.callee.type === 'Identifier' && node.callee.name === 'require';
  return required || isMeta(node.callee, 'resolve') ? { to: node.arguments[0], isPath: false } : undefined;
}

function isMeta(node: AnyNode | undefined, property: string): boolean {
  return node?.type === 'MemberExpression' && node.object.type === 'MetaProperty' && nameOf(node.property) === property;
}

function textOf(node: AnyNode): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  return node.type === 'TemplateLiteral' && !node.expressions.length ? node.quasis[0]!.value.cooked! : undefined;
}

const nameOf = (node: AnyNode): string =>
  node.type === 'Identifier' ? node.name : node.type === 'Literal' ? String(node.value) : '*';

/** Calls back with every node, parents first. */
function walk(node: AnyNode, visit: (node: AnyNode) => void): void {
  visit(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child === 'object' && child !== null && 'type' in child) walk(child as AnyNode, visit);
  }
}

/** Leaves out where a node is, how a literal was written, and semicolons that stand where a type was. */
function essential(this: unknown, key: string, value: unknown): unknown {
  if (key === 'start' || key === 'end') return undefined;
  if (key === 'raw' && (this as AnyNode).type === 'Literal') return undefined;
  if (typeof value === 'bigint' || value instanceof RegExp) return String(value);
  return Array.isArray(value) ? value.filter((each: AnyNode | null) => each?.type !== 'EmptyStatement') : value;
}

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
  /** Modules that it imports or refers to by `new URL('…', import.meta.url)`, in any order; types do not count. */
  imports: Import[];
  reExports: ReExport[];
  /** Names of its own. */
  exports: string[];
  /** It does nothing but re-export. */
  barrel: boolean;
  /** sha256 (hex) of its syntax tree: equal where only types, comments, layout or the order of imports differ. */
  identity: string;
}

/**
 * @param source TypeScript that Node can strip (amaro is what Node itself strips with)
 * @throws SyntaxError
 */
export function parseModule(source: string): ParsedModule {
  const program = parse(transformSync(source, { mode: 'strip-only' }).code, {
    ecmaVersion: 'latest',
    sourceType: 'module',
  });
  const found: ParsedModule = {
    imports: [],
    reExports: [],
    exports: [],
    barrel: program.body.length > 0,
    identity: '',
  };
  const rest = program.body.filter((statement) => !readStatement(statement, found));
  found.barrel = rest.length === 0 && found.reExports.length > 0;
  for (const statement of rest) findReferences(statement, found.imports);
  const bindings = program.body.flatMap(importBindings).sort();
  found.identity = createHash('sha256')
    .update(JSON.stringify([bindings, rest, found.reExports.map((one) => Object.values(one).join()).sort()], essential))
    .digest('hex');
  return found;
}

/** Reads an import or re-export. @returns false for any other statement, whose own exports are read */
function readStatement(statement: Program['body'][number], { imports, reExports, exports }: ParsedModule): boolean {
  switch (statement.type) {
    case 'ImportDeclaration': {
      const names = statement.specifiers.map((one) => {
        if (one.type === 'ImportDefaultSpecifier') return 'default';
        return one.type === 'ImportSpecifier' ? nameOf(one.imported) : '*';
      });
      imports.push({ specifier: String(statement.source.value), names: names.includes('*') ? 'all' : names });
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

/** Dynamic imports and `require` of a literal, `new URL('…', import.meta.url)` and `import.meta.resolve('…')`: workers, traced modules, data files. */
function findReferences(statement: AnyNode, imports: Import[]): void {
  const taken = new Map<AnyNode, string[]>();
  walk(statement, (node) => {
    if (node.type === 'VariableDeclarator' && node.init?.type === 'AwaitExpression' && node.id.type === 'ObjectPattern')
      taken.set(
        node.init.argument,
        node.id.properties.map((one) => ('key' in one ? nameOf(one.key) : '*')),
      );
    if (node.type === 'MemberExpression' && node.object.type === 'AwaitExpression' && !node.computed)
      taken.set(node.object.argument, [nameOf(node.property)]);
    const specifier = referenceOf(node);
    if (specifier === undefined) return;
    const names = taken.get(node);
    imports.push({ specifier, names: names && !names.includes('*') ? names : 'all' });
  });
}

function referenceOf(node: AnyNode): string | undefined {
  if (node.type === 'ImportExpression') return textOf(node.source);
  if (node.type === 'NewExpression' && node.callee.type === 'Identifier' && node.callee.name === 'URL') {
    const [path, base] = node.arguments;
    const text = path && textOf(path);
    // A folder is no module: whoever reads in it says what he reads.
    if (text === undefined || !isMeta(base, 'url') || /(^|\/)\.*$/.test(text)) return undefined;
    return text.startsWith('.') ? text : `./${text}`;
  }
  const required =
    node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'require';
  if (node.type === 'CallExpression' && (required || isMeta(node.callee, 'resolve')))
    return node.arguments[0] && textOf(node.arguments[0]);
  return undefined;
}

function isMeta(node: AnyNode | undefined, property: string): boolean {
  return node?.type === 'MemberExpression' && node.object.type === 'MetaProperty' && nameOf(node.property) === property;
}

const textOf = (node: AnyNode): string | undefined =>
  node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;

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

/** Leaves out where a node is and how a literal was written. */
function essential(key: string, value: unknown): unknown {
  if (key === 'start' || key === 'end' || key === 'raw') return undefined;
  if (typeof value === 'bigint' || value instanceof RegExp) return String(value);
  return value;
}

import { UserError } from '@simclr/stage';
import { XMLParser, XMLValidator } from 'fast-xml-parser';

const parser = new XMLParser({
  parseTagValue: false,
  processEntities: false,
  isArray: (_name, path) => path === 'annotation.object',
});

interface Found {
  name?: unknown;
  difficult?: unknown;
}

/**
 * What an annotation of PASCAL VOC says of each class: 1 where an object is there, 0 where all of them are difficult, -1 where
 * there is none.
 *
 * @param id of the image, for errors
 */
export function vocLabel(xml: Buffer, classes: readonly string[], id: string): Int8Array {
  const invalid = (why: string) => new UserError(`invalid annotation: ${id}.xml. ${why}. fetch its archive again`);
  const text = xml.toString('utf8');
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw invalid(`line ${valid.err.line}: ${valid.err.msg}`);
  const { annotation } = parser.parse(text) as { annotation?: { object?: Found[] } };
  if (typeof annotation !== 'object') throw invalid('expected an element annotation');
  const label = new Int8Array(classes.length).fill(-1);
  for (const { name, difficult = '0' } of annotation.object ?? []) {
    const at = classes.indexOf(String(name));
    if (at < 0) throw invalid(`an object of class ${JSON.stringify(name)}. expected ${classes.join(', ')}`);
    if (difficult !== '0' && difficult !== '1') throw invalid(`difficult is ${JSON.stringify(difficult)}, not 0 or 1`);
    label[at] = Math.max(label[at]!, difficult === '1' ? 0 : 1);
  }
  return label;
}

import type { Preprocessing, ResizeName } from '@simclr/artifacts';
import { UserError } from '@simclr/stage';
import { type Language, parseOperations } from './parse.ts';
import { defaultOf, OPERATIONS, type Operation, type Rule, type Value } from './policy.ts';

/** What a text or a file says of how an encoder wants its images; the rest shows in its file. */
export interface StatedPreprocessing extends Partial<Pick<Preprocessing, 'channels' | 'layout' | 'squash'>> {
  /** Height and width, px. */
  size?: [number, number] | undefined;
  crop: number;
  resize: ResizeName;
  range: [number, number];
  /** Of each channel, or one for all. */
  mean: readonly number[];
  std: readonly number[];
}

/** Mean and deviation of channels in [0, 1], by names that timm's constants have. */
const STATISTICS: Record<string, { mean: readonly number[]; std: readonly number[] }> = {
  none: { mean: [0], std: [1] },
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  inception: { mean: [0.5], std: [0.5] },
  clip: { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] },
};

const LARGE = 1e6;
const namedBy = ({ statistics }: Record<string, Value>) => STATISTICS[statistics as string]!;

const { proportion, to, resize } = OPERATIONS.centercrop.parameters as Required<Rule['parameters']>;

const rules = {
  centercrop: {
    first: 'proportion',
    parameters: {
      proportion: proportion!,
      to: to!,
      /** The shorter side before the crop, px, instead of a proportion: `side=256,to=224`; 0: the proportion says it. */
      side: { kind: 'number', default: 0, min: 0, max: 8192, integer: true },
      resize: resize!,
    },
  },
  squash: OPERATIONS.squash,
  normalize: {
    first: 'statistics',
    parameters: {
      statistics: { kind: 'choice', default: 'none', allowed: Object.keys(STATISTICS) },
      /** Of the values: black and white, before anything is taken off. */
      range: { kind: 'range', default: [0, 1], min: -LARGE, max: LARGE },
      mean: { kind: 'numbers', default: (before) => namedBy(before).mean, min: -LARGE, max: LARGE },
      std: { kind: 'numbers', default: (before) => namedBy(before).std, min: 1e-6, max: LARGE },
    },
  },
  /** `auto`: as the encoder's file shows it; of three channels red comes first. */
  tensor: {
    parameters: {
      channels: { kind: 'choice', default: 'auto', allowed: ['auto', 'rgb', 'bgr', 'grey'] },
      layout: { kind: 'choice', default: 'auto', allowed: ['auto', 'nchw', 'nhwc'] },
    },
  },
} as const satisfies Record<string, Rule>;
type Name = keyof typeof rules;

const isName = (word: string): word is Name => Object.hasOwn(rules, word);

const LANGUAGE: Language<Name> = {
  what: 'preprocessing',
  rules,
  find: (word) => (isName(word) ? word : undefined),
  isFirst: (name) => name === 'centercrop' || name === 'squash',
};

/** The names of the language: no value is `auto`. */
const CHANNELS = { auto: undefined, rgb: 'RGB', bgr: 'BGR', grey: 'grey' } as const;
const LAYOUTS = { auto: undefined, nchw: 'NCHW', nhwc: 'NHWC' } as const;

/**
 * Reads how an encoder wants its images: `centercrop(side=256,to=224,resize=bilinear_antialias)|normalize(imagenet)`,
 * `squash(224)|normalize(range=0..255,mean=127,std=128)|tensor(channels=bgr)`.
 *
 * @throws UserError as `parseOperations`, and for what is not said or said twice
 */
export function parsePreprocess(text: string): StatedPreprocessing {
  const operations = parseOperations(text, LANGUAGE);
  const refuse = (what: string): never => {
    throw new UserError(`${what} of preprocessing '${text}'`);
  };
  const argsOf = (name: Name): Operation['args'] | undefined => {
    const [first, ...more] = operations.filter((operation) => operation.name === name);
    if (more.length) refuse(`said twice: ${name}`);
    return first?.args;
  };
  const shown = argsOf('centercrop') ?? argsOf('squash');
  if (!shown) return refuse('missing: centercrop(…) or squash(…) at the start');
  const { statistics, range, mean, std } = argsOf('normalize') ?? parseOperations('normalize', LANGUAGE)[0]!.args;
  const named = STATISTICS[statistics as string]!;
  if (statistics !== 'none' && (String([mean, std]) !== String([named.mean, named.std]) || String(range) !== '0,1'))
    refuse(`${statistics} and other numbers: one of them. ${statistics} is ${named.mean} / ${named.std} of range 0..1`);
  const { channels, layout } = argsOf('tensor') ?? { channels: 'auto', layout: 'auto' };
  const side = shown.to as number;
  return {
    ...(side > 0 && { size: [side, side] as [number, number] }),
    ...cropOf(shown, refuse),
    resize: shown.resize as ResizeName,
    range: range as [number, number],
    mean: mean as number[],
    std: std as number[],
    ...(channels !== 'auto' && { channels: CHANNELS[channels as keyof typeof CHANNELS] }),
    ...(layout !== 'auto' && { layout: LAYOUTS[layout as keyof typeof LAYOUTS] }),
  };
}

/** What is shown of an image. */
function cropOf(
  { proportion, side, to }: Operation['args'],
  refuse: (what: string) => never,
): Pick<StatedPreprocessing, 'crop' | 'squash'> {
  if (proportion === undefined) return { crop: 1, squash: true };
  if (side === 0) return { crop: proportion as number };
  if (proportion !== defaultOf(rules.centercrop.parameters.proportion, {}))
    refuse(`side=${side} and a proportion: one of them`);
  if (to === 0 || (to as number) > (side as number)) refuse(`side=${side} and to=${to}: expected to from 1 to side`);
  return { crop: (to as number) / (side as number) };
}

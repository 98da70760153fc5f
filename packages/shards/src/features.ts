import { Binary, type DataType, Field, FixedSizeList, Int8, Int64, Schema, Struct, Uint8, Utf8 } from 'apache-arrow';

/** Height, width, channels. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** Classes and shape of a split's rows. */
export interface SplitFeatures {
  /** Class names; a label is an index into them. */
  classes: string[];
  /** Of raw pixels; null where the images are encoded files (JPEG, PNG). */
  shape: ImageShape | null;
  /** An image may be of several classes: its label is a value for each (`Label`). */
  severalLabels?: boolean;
}

/** The features in the notation of Hugging Face `datasets`. */
export function huggingFaceFeatures({ classes, shape, severalLabels }: SplitFeatures): Record<string, unknown> {
  const value = { dtype: 'uint8', _type: 'Value' };
  const image = shape
    ? shape.reduceRight<object>((feature, length) => ({ feature, length, _type: 'List' }), value)
    : { _type: 'Image' };
  if (!severalLabels) return { image, label: { names: classes, _type: 'ClassLabel' } };
  return { image, targets: { feature: { dtype: 'int8', _type: 'Value' }, length: classes.length, _type: 'List' } };
}

export const pixelsOf = ([height, width, channels]: ImageShape): number => height * width * channels;

/** Nested fixed-size lists, the innermost the channels: one contiguous buffer. */
function pixelType(shape: ImageShape): FixedSizeList {
  const nested = shape.reduceRight<DataType>(
    (type, length) => new FixedSizeList(length, new Field('item', type, true)),
    new Uint8(),
  );
  return nested as FixedSizeList;
}

/**
 * Columns `image` and `label` (or `targets`). Raw pixels are nested fixed-size lists of uint8, [h][w][c]: contiguous for us and for
 * pyarrow, and an array of that shape in `datasets` (which cannot open the extension `arrow.fixed_shape_tensor`: 5.2.0
 * fails with "does not have a datasets dtype equivalent"). Encoded images are `struct<bytes: binary, path: string>` as
 * `datasets` has them. The label is an int64; of several, `targets` is a fixed-size list of int8, a value for each class.
 */
export function arrowSchema(features: SplitFeatures): Schema {
  const { shape, classes, severalLabels } = features;
  const encoded = () => new Struct([new Field('bytes', new Binary(), true), new Field('path', new Utf8(), true)]);
  const image = new Field('image', shape ? pixelType(shape) : encoded(), true);
  const info = JSON.stringify({ info: { features: huggingFaceFeatures(features) } });
  const label = severalLabels
    ? new Field('targets', new FixedSizeList(classes.length, new Field('item', new Int8(), true)), true)
    : new Field('label', new Int64(), true);
  return new Schema([image, label], new Map([['huggingface', info]]));
}

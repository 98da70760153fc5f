/** A Vega-Lite specification, as JSON. */
export type Spec = Record<string, unknown>;
/** Draws a specification as SVG. */
export type Draw = (spec: Spec) => string | Promise<string>;

/** Draws with Vega, which the caller has installed. */
export const drawWithVega: Draw = async (spec) => {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]).catch(missing('vega vega-lite'));
  const view = new vega.View(vega.parse(compile(spec as unknown as Parameters<typeof compile>[0]).spec), {
    renderer: 'none',
  });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
};

/** A picture of an SVG, twice as large as that says, as screens show it. */
export async function toPng(svg: string): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp').catch(missing('sharp'));
  return new Uint8Array(await sharp(Buffer.from(svg), { density: 144 }).png().toBuffer());
}

function missing(packages: string) {
  return (cause: unknown): never => {
    throw new Error(`a figure needs ${packages}. npm install ${packages}, or give what draws it`, { cause });
  };
}

import { type Html, html } from '../../html.ts';
import { costTexts, type EncoderCost } from '../encoders.ts';

/** What each encoder is, and what it costs. */
export function encoderSection(encoders: readonly EncoderCost[]): Html {
  const rows = encoders.map((encoder) => {
    const { name, parameters, gigaflops, digest, imagesPerSecond } = costTexts(encoder);
    const { featureDim, input, precision, origin } = encoder;
    return html`<tr><th class="text">${name}</th><td>${parameters}</td><td>${gigaflops}</td><td class="measured">${imagesPerSecond}</td><td>${featureDim.toLocaleString('en-US')}</td><td class="text">${input}</td><td class="text">${precision}</td><td class="text"><code>${digest}</code></td><td class="text long">${origin}</td></tr>`;
  });
  return html`<section><h2>Encoders</h2><p>Images a second are from image to features, over the datasets, on the machine that extracted them.</p>
<div class="wide"><table><thead><tr><th class="text">encoder</th><th>parameters</th><th>GFLOP an image</th><th>images a second</th><th>features</th><th class="text">input</th><th class="text">precision</th><th class="text">digest</th><th class="text">pretrained on</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

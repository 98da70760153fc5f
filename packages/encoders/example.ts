// An encoder says what it takes and gives, and embeds; here a small one whose weights are drawn.
import { graphEmbedder, untrainedWeights } from '@simclr/encoders';
import { definitions } from '@simclr/nn';
import { compile } from '@simclr/tensorflow';

const network = { depth: 10, width: 4, stem: 'cifar', channels: 3 } as const;
const graph = await compile({ module: definitions, export: 'encode', args: { network, inputShape: [8, 8, 3] } });
graph.write(untrainedWeights(network, 1));
const { featureDim, embed } = graphEmbedder(graph);
console.log(featureDim, (await embed(new Float32Array(5 * 8 * 8 * 3))).length); // 32 160
graph.dispose();

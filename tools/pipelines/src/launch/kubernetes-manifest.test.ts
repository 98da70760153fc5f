import type { V1Job } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { mistakesOf } from '../testing/toy-kubernetes.ts';
import { jobManifest, jobName } from './kubernetes-manifest.ts';

const container = { image: 'registry.example/simclr:1', volumeClaim: 'checkouts' };
const command = (n: number) => ({
  program: '/work/node',
  args: ['main.ts', `it's ${n}`],
  env: { SIMCLR_SESSION: `/s${n}` },
});
const manifest = (resources = {}, count = 1, env = {}): V1Job =>
  jobManifest(
    {
      ...{ name: 'p.features@a_b.0a1b2c', cwd: '/work', resources, container, log: '/work/log' },
      commands: Array.from({ length: count }, (_, i) => command(i)),
    },
    'studies',
    { uid: 1000, gid: 100 },
    env,
  );
const containerOf = (job: V1Job) => job.spec!.template.spec!.containers[0]!;
const variables = (job: V1Job) => Object.fromEntries(containerOf(job).env!.map(({ name, value }) => [name, value]));

describe('jobManifest', () => {
  it.each([
    ['one', manifest()],
    ['twelve, with all that pipeline.yaml can ask for', manifest({ cpu: 4, memory: 1.5, gpu: 1 }, 12)],
    ['one with a long name', { ...manifest(), metadata: { name: jobName(`p.${'x'.repeat(100)}@Y.0a1b2c`) } }],
  ])('is what the published schema of Kubernetes takes: %s', (_, job) => {
    expect(mistakesOf(JSON.parse(JSON.stringify(job)))).toEqual([]);
  });

  it('asks for what pipeline.yaml says, and for nothing where that says nothing', () => {
    const limits = { cpu: '4', memory: '1536Mi', 'nvidia.com/gpu': '1' };
    expect(containerOf(manifest({ cpu: 4, memory: 1.5, gpu: 1 })).resources).toEqual({ limits, requests: limits });
    expect(containerOf(manifest()).resources).toEqual({ limits: {}, requests: {} });
  });

  it('has an index each command, the checkout at its path, and the user of who submits', () => {
    const { spec } = manifest({}, 3);
    const pod = spec!.template.spec!;
    expect([spec!.completions, spec!.parallelism]).toEqual([3, 3]);
    expect(pod.containers[0]!.command!.at(-1)).toContain(
      `2) export SIMCLR_SESSION='/s2'; exec '/work/node' 'main.ts' 'it'\\''s 2';;`,
    );
    expect(pod.volumes).toEqual([{ name: 'checkout', persistentVolumeClaim: { claimName: 'checkouts' } }]);
    expect(pod.containers[0]!.volumeMounts).toEqual([{ name: 'checkout', mountPath: '/work' }]);
    expect(pod.securityContext).toEqual({ runAsUser: 1000, runAsGroup: 100 });
  });

  it("passes on what stages read of the environment; the rest of this machine's stays here", () => {
    const given = { TFJS_DEVICE: 'gpu', SIMCLR_ARCHIVES: '/work/archives', PATH: '/here', SIMCLR_SESSION: '/run' };
    const { SIMCLR_JOB, ...own } = variables(manifest({ cpu: 8 }, 1, given));
    expect(SIMCLR_JOB).toBe('studies/p-features-a-b-0a1b2c');
    expect(own).toEqual({
      ...{ SIMCLR_LAUNCHER: 'kubernetes', SIMCLR_FAILURES: undefined, SIMCLR_DISRUPTIONS: undefined },
      ...{ HOME: '/tmp', UV_THREADPOOL_SIZE: '8' },
      ...{ TFJS_DEVICE: 'gpu', SIMCLR_ARCHIVES: '/work/archives' },
    });
  });
});

describe('mistakesOf', () => {
  const changed = (change: object): V1Job =>
    JSON.parse(JSON.stringify({ ...manifest(), spec: { ...manifest().spec, ...change } }));
  const rule = (onExitCodes: object) => ({ podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes }] } });
  it.each([
    [{ completionMoode: 'Indexed' }, '/spec must NOT have additional properties'],
    [{ completions: 'two' }, '/spec/completions must be integer,null'],
    [{ template: { spec: {} } }, "/spec/template/spec must have required property 'containers'"],
    [{ completionMode: 'NonIndexed' }, 'backoffLimitPerIndex: of Indexed Jobs'],
    [rule({ operator: 'In', values: [0] }), 'In: without 0'],
  ])('%j', (change, mistake) => {
    expect(mistakesOf(changed(change))).toContain(mistake);
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import {
  cpuOf,
  environment,
  fits,
  indexes,
  isActive,
  now,
  podOf,
  type Restarts,
  status,
  unschedulable,
} from './toy-pods.ts';

interface Running {
  pod: V1Pod;
  index: number;
  restarts: Restarts;
  child?: ChildProcess | undefined;
  said: string;
  /** What of its node, if anything, was the reason of its end. */
  disrupted: boolean;
}

interface Kept {
  job: V1Job;
  pods: Running[];
  completed: Set<number>;
  failed: Set<number>;
  /** Whether it is there no more, but for its pods. */
  gone: boolean;
}

export interface ToyNode {
  name: string;
  cpu: number;
  /** Whether new pods come here. */
  ready: boolean;
}

/**
 * What Kubernetes does with Indexed Jobs, as far as ours need it: a pod for each index, on a node with room, replaced as
 * the Job's podFailurePolicy says. A pod is a process of this machine, with the environment of its manifest and no other.
 */
export class ToyJobs {
  readonly kept = new Map<string, Kept>();
  readonly nodes: ToyNode[];
  readonly images: readonly string[];

  constructor(nodes: ToyNode[], images: readonly string[]) {
    this.nodes = nodes;
    this.images = images;
  }

  create(namespace: string, job: V1Job): V1Job {
    job.metadata = { ...job.metadata!, namespace, uid: randomUUID(), creationTimestamp: now() };
    const kept: Kept = { job, pods: [], completed: new Set(), failed: new Set(), gone: false };
    this.kept.set(`${namespace}/${job.metadata.name}`, kept);
    for (let index = 0; index < job.spec!.completions!; index++)
      this.#makePod(kept, index, { failures: 0, disruptions: 0 });
    this.#schedule();
    return job;
  }

  /** With its state as of now. */
  read(key: string): V1Job | undefined {
    const kept = this.kept.get(key);
    if (!kept || kept.gone) return undefined;
    const { job, completed, failed } = kept;
    const over = completed.size + failed.size === job.spec!.completions;
    const type = failed.size ? 'Failed' : 'Complete';
    const condition = { type, status: 'True', ...(failed.size ? { reason: 'FailedIndexes' } : {}) };
    job.status = {
      ...{ completedIndexes: indexes(completed), failedIndexes: indexes(failed) },
      ...(over ? { conditions: [condition] } : {}),
    };
    return job;
  }

  pods(namespace: string, selector: string): Running[] {
    const wanted = selector.split(',').map((term) => term.split('=') as [string, string]);
    return [...this.kept.values()]
      .filter(({ job }) => job.metadata!.namespace === namespace)
      .flatMap(({ pods }) => pods)
      .filter(({ pod }) => wanted.every(([name, value]) => pod.metadata!.labels![name] === value));
  }

  /** @param policy what becomes of its pods: where they go first, it stays until they are gone */
  delete(key: string, policy: string): void {
    const kept = this.kept.get(key)!;
    kept.job.metadata!.deletionTimestamp ??= now();
    const gone = () => {
      if (kept.pods.every(({ pod }) => !isActive(pod))) this.kept.delete(key);
    };
    for (const running of kept.pods.filter(({ pod }) => isActive(pod))) this.terminate(running, undefined, gone);
    kept.gone = policy === 'Background';
    gone();
  }

  /** SIGTERM, and after its time SIGKILL. */
  terminate(running: Running, seconds?: number, then = () => {}): void {
    const { pod, child } = running;
    const grace = seconds ?? pod.spec!.terminationGracePeriodSeconds!;
    pod.metadata!.deletionTimestamp ??= now();
    if (child) {
      signal(child, 'SIGTERM');
      const timer = setTimeout(() => signal(child, 'SIGKILL'), grace * 1000);
      child.once('close', () => {
        clearTimeout(timer);
        then();
      });
    } else {
      this.#end(running, 143);
      then();
    }
  }

  /** All on a node ends, and it comes not back. */
  loseNode(name: string): void {
    for (const running of this.#on(name)) signal(running.child!, 'SIGKILL');
    this.cutOff(name);
  }

  /** A node is given up, as where an operator says that it is out of service: what runs there goes on all the same. */
  cutOff(name: string): void {
    const lost = this.#on(name);
    this.nodes.find((node) => node.name === name)!.ready = false;
    for (const running of lost) {
      running.disrupted = true;
      running.child!.removeAllListeners('close');
      running.child = undefined;
      this.#end(running, undefined);
    }
  }

  /** As for maintenance of its node: it has its time. */
  evict(running: Running): void {
    running.disrupted = true;
    this.terminate(running);
  }

  stop(): void {
    for (const { pods } of this.kept.values()) for (const { child } of pods) if (child) signal(child, 'SIGKILL');
  }

  #on(name: string): Running[] {
    const all = [...this.kept.values()].flatMap(({ pods }) => pods);
    return all.filter(({ pod, child }) => child && isActive(pod) && pod.spec!.nodeName === name);
  }

  #makePod({ job, pods }: Kept, index: number, restarts: Restarts): void {
    const pod = podOf(job, index, restarts);
    pods.push({ pod, index, restarts, said: '', disrupted: false });
  }

  #schedule(): void {
    const all = [...this.kept.values()].flatMap(({ pods }) => pods);
    for (const running of all) {
      const { pod, child } = running;
      if (pod.status!.phase !== 'Pending' || child || pod.metadata!.deletionTimestamp) continue;
      const [container] = pod.spec!.containers;
      if (!this.images.includes(container!.image!)) {
        const waiting = { reason: 'ErrImagePull', message: `${container!.image}: not found` };
        pod.status!.containerStatuses = [status(container!.name, { waiting })];
        continue;
      }
      const used = (name: string) => this.#on(name).reduce((sum, { pod }) => sum + cpuOf(pod), 0);
      const node = this.nodes.find(({ name, cpu, ready }) => ready && used(name) + cpuOf(pod) <= cpu);
      if (node) this.#start(running, node);
      else pod.status!.conditions = [unschedulable];
    }
  }

  #start(running: Running, { name }: ToyNode): void {
    const { pod } = running;
    const [container] = pod.spec!.containers;
    const { runAsUser, runAsGroup } = pod.spec!.securityContext!;
    const [program, ...args] = container!.command!;
    pod.spec!.nodeName = name;
    const child = spawn(program!, args, {
      cwd: container!.workingDir!,
      env: environment(pod, container!.env!),
      ...{ uid: runAsUser!, gid: runAsGroup!, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    running.child = child;
    pod.status = { phase: 'Running', containerStatuses: [status(container!.name, { running: {} })] };
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (text) => {
        running.said += text;
      });
    child.on('close', (code, by) => this.#end(running, code ?? 128 + (by === 'SIGKILL' ? 9 : 15)));
  }

  /** @param code undefined where nobody knows */
  #end(running: Running, code: number | undefined): void {
    const { pod } = running;
    const [container] = pod.spec!.containers;
    running.child = undefined;
    pod.status = { phase: code === 0 ? 'Succeeded' : 'Failed' };
    if (code !== undefined) {
      const terminated = { exitCode: code, reason: code === 0 ? 'Completed' : 'Error' };
      pod.status.containerStatuses = [status(container!.name, { terminated })];
    }
    if (running.disrupted) pod.status.conditions = [{ type: 'DisruptionTarget', status: 'True' }];
    const kept = [...this.kept.values()].find(({ pods }) => pods.includes(running));
    if (kept && !kept.job.metadata!.deletionTimestamp) this.#judge(kept, running, code);
    this.#schedule();
  }

  #judge(kept: Kept, { pod, index, restarts }: Running, code: number | undefined): void {
    const { podFailurePolicy, backoffLimitPerIndex } = kept.job.spec!;
    const rule = podFailurePolicy!.rules.find((one) => fits(one, pod, code));
    const { disruptions } = restarts;
    const failures = restarts.failures + 1;
    if (code === 0) kept.completed.add(index);
    else if (rule?.action === 'Ignore') this.#makePod(kept, index, { ...restarts, disruptions: disruptions + 1 });
    else if (rule?.action === 'FailIndex' || failures > backoffLimitPerIndex!) kept.failed.add(index);
    else this.#makePod(kept, index, { ...restarts, failures });
  }
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    process.kill(-pid!, name);
  } catch {
    // Gone this moment.
  }
}

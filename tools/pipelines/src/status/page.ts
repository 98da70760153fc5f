import { drawing, html, htmlPage } from '@simclr/report/html';
import { COLOURS, graph } from './graph.ts';
import type { PipelineStatus } from './read-status.ts';
import { age, duration, size } from './table.ts';
import type { TaskStatus } from './task-status.ts';

const STYLE = `
main { max-width: 1300px; }
td.why { white-space: normal; overflow-wrap: anywhere; }
td i { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 6px; }
`;

/** The graphs of pipelines, each task in the colour of its state, and tables of them: a page that needs nothing else. */
export function statusPage(all: readonly PipelineStatus[], now: number): string {
  const title = all.length === 1 ? all[0]!.pipeline : 'Pipelines';
  const sections = all.map(
    ({ pipeline, tasks, mlflow }) => html`<section><h2>${pipeline}</h2>
<p>${countsOf(tasks)}${mlflow ? html` · <a href="${mlflow}">MLflow</a>` : ''}</p>
${drawing(graph(tasks))}
<table><thead><tr><th class="text">task</th><th class="text">state</th><th>age</th><th>took</th><th>size</th><th class="text">why</th></tr></thead>
<tbody>${tasks.map((task) => row(task, now))}</tbody></table></section>`,
  );
  const when = new Date(now).toLocaleString('sv');
  return htmlPage(title, html`<h1>${title}</h1><p>As of ${when}.</p>${sections}`, { style: STYLE });
}

function row(task: TaskStatus, now: number) {
  const { id, state, why, mlflow } = task;
  return html`<tr><td class="text">${mlflow ? html`<a href="${mlflow}">${id}</a>` : id}</td>
<td class="text"><i style="background:${COLOURS[state]}"></i>${state}</td>
<td>${age(task, now)}</td><td>${duration(task)}</td><td>${size(task)}</td><td class="text why">${why.join('; ')}</td></tr>`;
}

/** `7 cached, 2 stale`. */
function countsOf(tasks: readonly TaskStatus[]): string {
  const groups = Object.entries(Object.groupBy(tasks, ({ state }) => state));
  return groups.map(([state, some]) => `${some.length} ${state}`).join(', ');
}

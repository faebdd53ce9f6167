// The run of a distributed Map: how far it is, and its child executions.

import { ago } from './ago.js';
import { poll } from './api.js';
import { choice, count, figure, make, meter, section, span, table } from './dom.js';
import { colour, date, nameOf, pages, sfn } from './sfn.js';

const PAGE = 50;

export async function open(root, stopped, arn) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const head = make('div');
  const figures = make('div', { class: 'grid figures' });
  const list = make('div');
  const more = make('button', { type: 'button', class: 'quiet small', hidden: true }, 'More');
  const filter = choice([['', 'all'], 'RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'], '');
  root.append(head, fault, figures, section('Child executions', make('label', { class: 'inline' }, 'Status ', filter), list, more));
  let children = [];
  let nextToken;
  let status = 'RUNNING';

  async function run() {
    if (status !== 'RUNNING') return;
    const now = await sfn('DescribeMapRun', { mapRunArn: arn });
    ({ status } = now);
    const { total, succeeded, failed, running, pending, aborted, timedOut } = now.itemCounts;
    const share = total ? (succeeded + failed + aborted + timedOut) / total : 0;
    head.replaceChildren(make('h2', {}, 'Map run ', nameOf(arn)),
      make('p', { class: 'facts-line' }, make('span', { class: `state ${colour(status)}` }, status),
        make('span', { class: 'soft' }, 'of ', make('a', { href: pages.execution(now.executionArn) }, nameOf(now.executionArn))),
        make('span', { class: 'soft' }, `at most ${now.maxConcurrency || 'any number'} at once; `,
          `${now.toleratedFailureCount} failures or ${now.toleratedFailurePercentage}% tolerated`),
        make('span', { class: 'soft' }, 'started ', ago(date(now.startDate)), now.stopDate ? `, took ${span(date(now.stopDate) - date(now.startDate))}` : '')),
      meter(share, `${Math.round(share * 100)}% of the items`, true));
    const counted = { items: total, done: succeeded, failed: failed + timedOut, aborted, running, waiting: pending };
    figures.replaceChildren(...Object.entries(counted).map(([label, value]) => figure(label, count(value))));
  }

  async function page(again) {
    try {
      const token = again ? undefined : nextToken;
      const answer = await sfn('ListExecutions', { mapRunArn: arn, maxResults: PAGE, statusFilter: filter.value || undefined, nextToken: token });
      if (stopped.aborted) return;
      children = again ? answer.executions : [...children, ...answer.executions];
      ({ nextToken } = answer);
      draw();
    } catch (error) {
      fault.textContent = error.message;
    }
    more.hidden = !nextToken;
  }
  function draw() {
    list.replaceChildren(table([
      { title: 'Name', of: one => make('a', { href: pages.execution(one.executionArn) }, one.name), wrap: true },
      { title: 'Status', of: one => make('span', { class: colour(one.status) }, one.status) },
      { title: 'Items', of: one => one.itemCount, number: true },
      { title: 'Started', of: one => ago(date(one.startDate)) },
      { title: 'Took', of: one => one.stopDate ? span(date(one.stopDate) - date(one.startDate)) : '', number: true },
    ], children, { empty: 'none', caption: 'Child executions' }));
  }
  filter.onchange = () => page(true);
  more.onclick = () => page(false);
  poll(stopped, 1500, async () => {
    const ran = status === 'RUNNING';
    try { await run(); fault.textContent = ''; } catch (error) { fault.textContent = error.message; }
    // Somebody who reads on is not thrown back to the first page.
    if (ran && children.length <= PAGE && !list.contains(document.activeElement)) await page(true);
  });
}

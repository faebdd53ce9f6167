// Executions that nobody can advance: with the error that they met, and another try.

import { ago } from './ago.js';
import { api } from './api.js';
import { make, section, table } from './dom.js';
import { date, nameOf, pages } from './sfn.js';

const SHOWN_MAX = 1000;
const ABOUT = 'What failed for a reason of ours, again and again: they stand where they stood. Try again when the reason is gone.';

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const list = make('div');
  root.append(section('Dead executions', make('p', { class: 'soft' }, ABOUT), fault, list));
  async function show() {
    try {
      const { executions } = await api(`/v1/executions/dead?limit=${SHOWN_MAX}`);
      if (!stopped.aborted) draw(executions);
    } catch (error) {
      fault.textContent = error.message;
    }
  }
  function draw(found) {
    list.replaceChildren(table([
      { title: 'Execution', of: one => make('a', { href: pages.execution(one.arn) }, nameOf(one.arn)), wrap: true },
      { title: 'Since', of: one => ago(date(one.at)) },
      { title: 'Error', of: one => one.error, wrap: true },
      { title: '', of: one => make('button', { type: 'button', class: 'small', onclick: () => retry(one) }, 'Try again') },
    ], found, { empty: 'none: all that can go on goes on', caption: 'Dead executions' }));
  }
  async function retry(one) {
    fault.textContent = '';
    try {
      await api(`/v1/executions/dead/${encodeURIComponent(one.id)}/retry`, { method: 'POST' });
    } catch (error) {
      fault.textContent = error.message;
    }
    await show();
  }
  await show();
}

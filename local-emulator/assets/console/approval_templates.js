// Workflows with approvals, ready to use.

import { api } from './api.js';
import { make, section } from './dom.js';
import { drawing } from './drawing.js';
import { graph } from './graph.js';
import { pages, ROLE, sfn } from './sfn.js';

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  root.append(fault);
  let templates;
  try {
    ({ templates } = await api('/v1/approval-templates'));
  } catch (error) {
    fault.textContent = error.message;
    return;
  }
  for (const one of templates) {
    if (stopped.aborted) return;
    const whole = one.definition ? one : await api(`/v1/approval-templates/${encodeURIComponent(one.name)}`);
    root.append(card(whole, fault));
  }
}

function card(template, fault) {
  const definition = typeof template.definition === 'string' ? template.definition : JSON.stringify(template.definition, null, 2);
  const use = make('button', { type: 'button', class: 'small' }, 'Make a state machine of it');
  use.onclick = async () => {
    fault.textContent = '';
    try {
      const made = await sfn('CreateStateMachine', { name: template.name, definition, roleArn: ROLE });
      location.hash = pages.machine(made.stateMachineArn.split(':').at(-1)).slice(1);
    } catch (error) {
      fault.textContent = error.message;
    }
  };
  const list = graph(JSON.parse(definition));
  const input = template.input_example ?? template.input;
  return section(template.title || template.name, make('p', {}, template.description), make('div', { class: 'buttons' }, use),
    make('div', { class: 'columns apart' },
      list ? make('div', { class: 'picture small' }, drawing(list, { label: `Graph of ${template.title || template.name}`, select: () => {} }).root) : null,
      make('div', {}, input === undefined ? null : make('details', {}, make('summary', {}, 'An input to begin with'), make('pre', { tabIndex: 0 }, typeof input === 'string' ? input : JSON.stringify(input, null, 2))),
        make('details', {}, make('summary', {}, 'Its definition'), make('pre', { tabIndex: 0 }, definition)))));
}

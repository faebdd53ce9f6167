// The start of an execution, with the inputs of before.

import { identity } from './api.js';
import { choice, field, make } from './dom.js';
import { pages, sfn } from './sfn.js';

const KEPT_MAX = 8;
/** Longer inputs are not kept, in characters: the browser's store is small. */
const KEPT_CHARS_MAX = 20_000;
const SHOWN_CHARS = 70;

const place = name => `octavo.inputs.${identity.tenant}.${name}`;

/** The inputs that a state machine was started with here, the last one first. */
function kept(name) {
  try {
    const found = JSON.parse(localStorage.getItem(place(name)));
    return Array.isArray(found) ? found.filter(one => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

function keep(name, input) {
  if (input.length > KEPT_CHARS_MAX) return;
  try {
    localStorage.setItem(place(name), JSON.stringify([input, ...kept(name).filter(one => one !== input)].slice(0, KEPT_MAX)));
  } catch { /* Not kept, then. */ }
}

/** The form. `names()`: versions and aliases that may be started instead, `[arn, text]`. */
export function start(machine, names) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const answer = make('div', { 'aria-live': 'polite' });
  const input = make('textarea', { class: 'code', rows: 6, spellcheck: false });
  const name = make('input', { autocomplete: 'off', spellcheck: false, maxLength: 80, placeholder: 'one is made' });
  const target = choice([[machine.stateMachineArn, 'the definition as it is saved']]);
  const before = choice([], '', { 'aria-label': 'Inputs of before' });
  const express = machine.type === 'EXPRESS';
  const form = make('form', { class: 'stack', noValidate: true }, field('Input', input, 'input'), make('label', {}, 'Inputs of before', before),
    make('div', { class: 'row fields' }, field('Name', name, 'name'), field('Of', target, 'stateMachineArn')),
    make('div', { class: 'buttons' }, make('button', {}, express ? 'Run and wait' : 'Start')), fault, answer);

  function earlier() {
    const all = kept(machine.name);
    before.parentNode.hidden = all.length === 0;
    before.replaceChildren(make('option', { value: '' }, '…'), ...all.map((one, at) => make('option', { value: at }, one.replace(/\s+/g, ' ').slice(0, SHOWN_CHARS))));
    before.onchange = () => { if (before.value !== '') input.value = all[Number(before.value)]; };
    if (!input.value) input.value = all[0] || '{}';
  }
  earlier();

  form.onsubmit = async event => {
    event.preventDefault();
    fault.textContent = '';
    const wanted = { stateMachineArn: target.value, input: input.value };
    if (name.value.trim()) wanted.name = name.value.trim();
    const button = form.querySelector('button');
    button.disabled = true;
    try {
      const started = await sfn(express ? 'StartSyncExecution' : 'StartExecution', wanted);
      keep(machine.name, input.value);
      if (express) {
        earlier();
        answer.replaceChildren(make('p', { class: started.status === 'SUCCEEDED' ? 'note' : 'fault' }, [started.status, started.error, started.cause].filter(Boolean).join(': ')),
          started.output ? make('pre', { tabIndex: 0 }, started.output) : '');
      } else location.hash = pages.execution(started.executionArn);
    } catch (error) {
      fault.textContent = error.message;
    }
    button.disabled = false;
  };
  return {
    root: form,
    targets: () => {
      const value = target.value;
      target.replaceChildren(make('option', { value: machine.stateMachineArn }, 'the definition as it is saved'), ...names().map(([arn, text]) => make('option', { value: arn }, text)));
      if ([...target.options].some(option => option.value === value)) target.value = value;
    },
  };
}

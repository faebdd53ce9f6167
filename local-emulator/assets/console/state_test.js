// One state alone: what it makes of an input, with its task answered by hand (TestState).

import { choice, field, make, pretty } from './dom.js';
import { walk } from './graph.js';
import { ROLE, sfn } from './sfn.js';

const LOOKS = { SUCCEEDED: 'note', CAUGHT_ERROR: 'starting', RETRIABLE: 'starting', FAILED: 'fault' };
/** States that do something which a test may answer instead. */
const MOCKED = ['Task', 'Map', 'Parallel'];

/** The form. `definition()` gives the text of the whole definition. */
export function stateTest({ definition }) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const answer = make('div', { 'aria-live': 'polite', class: 'stack' });
  const state = choice([]);
  const input = make('textarea', { class: 'code', rows: 5, spellcheck: false, value: '{}' });
  const variables = make('textarea', { class: 'code', rows: 2, spellcheck: false, placeholder: '{}: the variables that it sees' });
  const mocking = choice([['', 'nothing: it is called'], ['result', 'this result'], ['error', 'this error']], 'result');
  const mock = make('textarea', { class: 'code', rows: 3, spellcheck: false, value: '{}' });
  const error = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'States.TaskFailed' });
  const cause = make('input', { autocomplete: 'off', placeholder: 'why' });
  const retries = make('input', { type: 'number', min: 0, max: 100, value: 0 });
  const failing = make('div', { class: 'row fields' }, field('Error', error, 'error'), field('Cause', cause, 'cause'), field('Tried before', retries, 'retrierRetryCount'));
  const result = field('Result, as the service answers', mock, 'result');
  const mocks = make('div', { class: 'stack' }, field('Its work is answered with', mocking, 'mock'), result, failing);
  const form = make('form', { class: 'columns', noValidate: true },
    make('div', { class: 'stack' }, field('State', state, 'stateName'), field('Input', input, 'input'), field('Variables', variables, 'variables')),
    make('div', { class: 'stack' }, mocks, make('div', { class: 'buttons' }, make('button', {}, 'Test it')), fault));
  let types = new Map();

  function shown() {
    mocks.hidden = !MOCKED.includes(types.get(state.value));
    result.hidden = mocking.value !== 'result';
    failing.hidden = mocking.value !== 'error';
  }
  state.onchange = shown;
  mocking.onchange = shown;

  form.onsubmit = async event => {
    event.preventDefault();
    fault.textContent = '';
    const wanted = { definition: definition(), stateName: state.value, roleArn: ROLE, input: input.value, inspectionLevel: 'DEBUG' };
    if (variables.value.trim()) wanted.variables = variables.value;
    if (!mocks.hidden && mocking.value === 'result') wanted.mock = { result: mock.value };
    if (!mocks.hidden && mocking.value === 'error') {
      wanted.mock = { errorOutput: { error: error.value || 'States.TaskFailed', ...(cause.value ? { cause: cause.value } : {}) } };
      wanted.stateConfiguration = { retrierRetryCount: Number(retries.value) || 0 };
    }
    try {
      answer.replaceChildren(...told(await sfn('TestState', wanted)));
    } catch (refusal) {
      answer.replaceChildren();
      fault.textContent = refusal.message;
    }
  };
  return {
    root: make('div', { class: 'stack' }, form, answer),
    input: value => { input.value = JSON.stringify(value, null, 2); },
    choose: name => { if (types.has(name)) { state.value = name; shown(); } },
    states: list => {
      const before = state.value;
      types = new Map([...walk(list)].filter(node => node.type !== 'missing').map(node => [node.name, node.type]));
      state.replaceChildren(...[...types].map(([name, type]) => make('option', { value: name }, `${name} (${type})`)));
      if (types.has(before)) state.value = before;
      shown();
    },
  };
}

/** `afterInputPath` is what is there after `InputPath`. */
const step = key => key.startsWith('after') ? `After ${key.slice(5)}` : key[0].toUpperCase() + key.slice(1);

/** What came of it, with what it looked like on the way. */
function told(outcome) {
  const shown = value => typeof value === 'string' ? pretty(value) : JSON.stringify(value, null, 2);
  const part = (title, value) => value === undefined || value === null ? null : make('div', {}, make('h3', {}, title), make('pre', { tabIndex: 0 }, shown(value)));
  const said = [outcome.status, outcome.nextState ? `goes on with ${outcome.nextState}` : null, outcome.error, outcome.cause].filter(Boolean).join(': ');
  const seen = Object.entries(outcome.inspectionData || {});
  return [
    make('p', { class: LOOKS[outcome.status] || 'soft' }, said),
    make('div', { class: 'detail' }, part('Output', outcome.output), seen.map(([key, value]) => part(step(key), value))),
  ];
}

// One state machine: its definition beside its graph, versions, a start, a test of one state, its last executions.

import { ago } from './ago.js';
import { poll } from './api.js';
import { carefully, choice, field, make, section, table } from './dom.js';
import { definitionEditor } from './definition_editor.js';
import { drawing } from './drawing.js';
import { graph } from './graph.js';
import { start } from './machine_start.js';
import { versions } from './machine_versions.js';
import { colour, date, machineArn, nameOf, pages, ROLE, sfn } from './sfn.js';
import { stateTest } from './state_test.js';
import { TEMPLATES } from './templates.js';

const EXECUTIONS_SHOWN = 10;

export async function open(root, stopped, name) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  let known = null;
  if (name !== null) {
    try {
      const arn = await machineArn(name);
      if (arn === null) throw new Error(`There is no state machine ${name}.`);
      known = await sfn('DescribeStateMachine', { stateMachineArn: arn });
    } catch (error) {
      root.append(section(name, make('p', { class: 'fault' }, error.message)));
      return;
    }
    if (stopped.aborted) return;
  }

  const title = make('input', { autocomplete: 'off', spellcheck: false, maxLength: 80, placeholder: 'orders', value: name || '' });
  const types = [['STANDARD', 'Standard: durable, with a history'], ['EXPRESS', 'Express: five minutes at most']];
  const type = choice(types, known ? known.type : 'STANDARD', { disabled: Boolean(known) });
  const template = choice([...TEMPLATES.map((one, at) => [at, `${one.name}: ${one.about}`])], '0');
  const picture = make('div', { class: 'picture' }, make('p', { class: 'empty' }, 'The graph is drawn here.'));
  const test = stateTest({ definition: () => editor.text() });
  let drawn = null;
  let shape = '';
  const editor = definitionEditor({
    kind: () => type.value,
    changed: (_, definition) => {
      const list = definition && graph(definition);
      const wanted = list && JSON.stringify(list, (key, value) => key === 'state' ? undefined : value);
      // While the text is no JSON the last picture stays.
      if (!list || wanted === shape) return;
      shape = wanted;
      drawn = drawing(list, { label: 'Graph of the definition', select: chosen });
      picture.replaceChildren(drawn.root);
      test.states(list);
    },
  });
  function chosen(state) {
    drawn.choose(state);
    test.choose(state);
    editor.show(state);
  }

  const save = make('button', { type: 'button' }, known ? 'Save' : 'Create');
  const publish = make('button', { type: 'button', class: 'quiet' }, known ? 'Save as a version' : 'Create with a version');
  const act = async published => {
    fault.textContent = '';
    note.textContent = '';
    for (const button of [save, publish]) button.disabled = true;
    try {
      if (known) {
        const answer = await sfn('UpdateStateMachine', { stateMachineArn: known.stateMachineArn, definition: editor.text(), publish: published });
        note.textContent = answer.stateMachineVersionArn ? `Saved as version ${nameOf(answer.stateMachineVersionArn)}.`
          : 'Saved. What runs goes on with the definition that it began with.';
        await below.versions.show();
      } else {
        await sfn('CreateStateMachine', { name: title.value.trim(), type: type.value, definition: editor.text(), roleArn: ROLE, publish: published });
        location.hash = pages.machine(title.value.trim());
      }
    } catch (error) {
      fault.textContent = error.message;
    }
    for (const button of [save, publish]) button.disabled = false;
  };
  save.onclick = () => act(false);
  publish.onclick = () => act(true);

  template.onchange = () => {
    const one = TEMPLATES[Number(template.value)];
    editor.set(one.definition);
    test.input(one.input);
  };
  type.onchange = () => editor.check();

  const head = known
    ? make('div', { class: 'opened' }, make('h2', {}, name), make('p', { class: 'soft' },
      `${known.type === 'EXPRESS' ? 'Express' : 'Standard'}, made `, ago(date(known.creationDate)), known.status === 'DELETING' ? ', being deleted' : ''))
    : make('div', { class: 'row fields' }, field('Name', title, 'name'), field('Type', type, 'type'), make('div', { class: 'grow' }, field('Begin with', template)));
  const remove = known && carefully('Delete', 'Really delete it?', async () => {
    try {
      await sfn('DeleteStateMachine', { stateMachineArn: known.stateMachineArn });
      location.hash = '#workflows';
    } catch (error) {
      fault.textContent = error.message;
    }
  }, 'quiet');
  const below = {};
  root.append(head, make('div', { class: 'machine' },
    section('Definition', editor.root, make('div', { class: 'buttons' }, save, publish, remove), fault, note), section('Graph', picture)));
  if (known) {
    below.start = start(known, () => below.versions.names());
    below.versions = versions(known, { chosen: () => below.start.targets() });
    root.append(make('div', { class: 'columns' }, section('Start', below.start.root), section('Versions and aliases', below.versions.root)));
    if (known.type !== 'EXPRESS') root.append(last(known, stopped));
    below.versions.show();
  }
  root.append(section('Test a state', test.root));
  if (known) editor.set(known.definition);
  else template.onchange();
}

/** The last executions, as they go. */
function last(machine, stopped) {
  const list = make('div');
  const part = section('Executions', list, make('p', {}, make('a', { href: `#workflows/executions/${encodeURIComponent(machine.name)}` }, 'Search them')));
  poll(stopped, 2000, async () => {
    const { executions } = await sfn('ListExecutions', { stateMachineArn: machine.stateMachineArn, maxResults: EXECUTIONS_SHOWN });
    if (list.contains(document.activeElement) && document.activeElement.tagName === 'A') return;
    list.replaceChildren(table([
      { title: 'Name', of: one => make('a', { href: pages.execution(one.executionArn) }, one.name), wrap: true },
      { title: 'Status', of: one => make('span', { class: colour(one.status) }, one.status) },
      { title: 'Started', of: one => ago(date(one.startDate)) },
      { title: 'Ended', of: one => one.stopDate ? ago(date(one.stopDate)) : '' },
      { title: 'Redriven', of: one => one.redriveCount ? `${one.redriveCount} times` : '' },
    ], executions, { empty: 'none yet', caption: 'The last executions' }));
  });
  return part;
}

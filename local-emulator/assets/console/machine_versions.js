// A state machine's versions, and the aliases that lead to one of them or to two by weight.

import { ago } from './ago.js';
import { carefully, choice, field, make, table } from './dom.js';
import { date, listed, sfn } from './sfn.js';

const SHOWN_MAX = 200;
const number = arn => arn.split(':').at(-1);

/** Both, with what can be done to them. `chosen()` is called when there are others. */
export function versions(machine, { chosen }) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const list = make('div');
  const others = make('div');
  const about = make('input', { autocomplete: 'off', maxLength: 256, placeholder: 'what is new in it' });
  const name = make('input', { autocomplete: 'off', spellcheck: false, maxLength: 80, placeholder: 'live' });
  const first = choice([]);
  const second = choice([['', 'none']], '');
  const weight = make('input', { type: 'number', min: 0, max: 100, value: 100 });
  let known = [];
  let aliases = [];

  const doing = act => async event => {
    if (event) event.preventDefault();
    fault.textContent = '';
    try {
      await act();
      await show();
    } catch (error) {
      fault.textContent = error.message;
    }
  };
  const publish = () => sfn('PublishStateMachineVersion', { stateMachineArn: machine.stateMachineArn, description: about.value.trim() || undefined });
  const publishing = make('form', { class: 'row fields', onsubmit: doing(publish) },
    make('div', { class: 'grow' }, field('Publish what is saved', about)), make('button', { class: 'quiet' }, 'Publish'));
  const aliasing = make('form', {
    class: 'row fields', onsubmit: doing(async () => {
      const share = second.value ? Number(weight.value) : 100;
      const routingConfiguration = [{ stateMachineVersionArn: first.value, weight: share }];
      if (second.value) routingConfiguration.push({ stateMachineVersionArn: second.value, weight: 100 - share });
      const existing = aliases.find(one => number(one.stateMachineAliasArn) === name.value.trim());
      if (existing) await sfn('UpdateStateMachineAlias', { stateMachineAliasArn: existing.stateMachineAliasArn, routingConfiguration });
      else await sfn('CreateStateMachineAlias', { name: name.value.trim(), routingConfiguration });
    }),
  }, field('Alias', name), field('Version', first), field('Percent', weight), field('The rest to', second), make('button', { class: 'quiet' }, 'Set'));

  let turn = 0;
  async function show() {
    const mine = ++turn;
    const [published, named] = await Promise.all([
      listed('ListStateMachineVersions', 'stateMachineVersions', { stateMachineArn: machine.stateMachineArn }, SHOWN_MAX),
      listed('ListStateMachineAliases', 'stateMachineAliases', { stateMachineArn: machine.stateMachineArn }, SHOWN_MAX),
    ]).catch(error => { fault.textContent = error.message; return [[], []]; });
    const described = await Promise.all(named.map(one => sfn('DescribeStateMachineAlias', { stateMachineAliasArn: one.stateMachineAliasArn }).catch(() => one)));
    // What is asked after something was done knows of it; what was asked before does not.
    if (mine !== turn) return;
    known = published;
    aliases = described;
    list.replaceChildren(table([
      { title: 'Version', of: one => number(one.stateMachineVersionArn) },
      { title: 'Published', of: one => ago(date(one.creationDate)) },
      { title: '', of: one => carefully('Delete', 'Really?', doing(() => sfn('DeleteStateMachineVersion', { stateMachineVersionArn: one.stateMachineVersionArn }))) },
    ], known, { empty: 'no versions yet', caption: 'Versions' }));
    const leads = one => (one.routingConfiguration || []).map(each => `${number(each.stateMachineVersionArn)} (${each.weight}%)`).join(', ');
    others.replaceChildren(table([
      { title: 'Alias', of: one => number(one.stateMachineAliasArn), wrap: true },
      { title: 'Leads to', of: leads },
      { title: '', of: one => carefully('Delete', 'Really?', doing(() => sfn('DeleteStateMachineAlias', { stateMachineAliasArn: one.stateMachineAliasArn }))) },
    ], aliases, { empty: 'no aliases yet', caption: 'Aliases' }));
    const options = () => known.map(one => make('option', { value: one.stateMachineVersionArn }, number(one.stateMachineVersionArn)));
    first.replaceChildren(...options());
    second.replaceChildren(make('option', { value: '' }, 'none'), ...options());
    aliasing.hidden = known.length === 0;
    others.hidden = known.length === 0;
    chosen();
  }
  return {
    root: make('div', { class: 'stack' }, publishing, list, aliasing, others, fault),
    show,
    names: () => [...aliases.map(one => [one.stateMachineAliasArn, `alias ${number(one.stateMachineAliasArn)}`]),
      ...known.map(one => [one.stateMachineVersionArn, `version ${number(one.stateMachineVersionArn)}`])],
  };
}

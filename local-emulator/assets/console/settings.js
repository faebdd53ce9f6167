// Who one is here, how the console looks, and what the emulator runs with.

import { emulator, identity } from './api.js';
import { copier, make, section, segments, table } from './dom.js';
import { choose, chosen, THEMES } from './settings_theme.js';

const KEYS = [['/', 'to the search'], ['Tab', 'from one thing to the next; the first press offers to skip to the page'], ['Escape', 'closes what hangs over the page'], ['↓ ↑ Enter', 'choose among the titles below the search box']];

export async function open(root, stopped) {
  const me = make('dl', { class: 'members' }, [['Tenant', identity.tenant], ['User', identity.user], ['Groups', (identity.groups || []).join(', ') || 'none'], ['Roles', identity.roles.join(', ') || 'none']].map(([name, text]) => [make('dt', {}, name), make('dd', {}, text)]));
  const theme = segments('Colours', THEMES, chosen(), choose);
  const fault = make('p', { class: 'fault', role: 'alert' });
  const runs = make('div', {});
  root.append(
    make('div', { class: 'columns' },
      section('Who I am', make('div', { class: 'card' }, me), make('p', { class: 'soft' }, 'Above, at the right, one becomes somebody else. ', make('a', { href: '#tokens' }, 'A token'), ' is the same for programs.')),
      section('How it looks', make('div', { class: 'card' }, make('h3', {}, 'Colours'), theme.node, make('h3', {}, 'Keys'), make('dl', { class: 'members' }, KEYS.map(([key, text]) => [make('dt', {}, make('kbd', {}, key)), make('dd', {}, text)]))))),
    fault, runs);
  let found;
  try {
    found = await emulator('/_octavo/settings');
  } catch (error) {
    fault.textContent = error.message;
    return;
  }
  if (stopped.aborted) return;
  const group = (name, rows, third) => section(name, table([
    { title: 'What', of: one => one.name }, { title: third, of: one => one.value ? make('code', {}, one.value) : '', wrap: true },
    { title: '', of: one => one.value ? copier(one.value) : '' },
  ], rows, { caption: name }));
  runs.replaceChildren(group('Where it is', found.addresses, 'Address'), group('How it was started', found.options, 'Value'), group('What runs', found.versions, 'Version'));
}

// Workflows: state machines, their executions, and who may use them from outside.
//
// To add a page below `#workflows/NAME`: a file with `open(root, stopped, argument)`, and its line in BELOW. `argument` is
// what follows the name in the address, decoded.

import { make } from './dom.js';
import * as list from './workflow_list.js';
import * as machine from './machine.js';
import * as execution from './execution.js';
import * as executions from './executions.js';
import * as mapRun from './map_run.js';
import * as dead from './dead_executions.js';
import * as access from './workflow_access.js';

const BELOW = { '': list, new: machine, machine, execution, executions, run: mapRun, dead, access };
const LINKS = [['', 'State machines'], ['executions', 'Executions'], ['dead', 'Dead'], ['access', 'Access keys and connections']];

export function open(root, stopped, rest) {
  const [name, ...argument] = rest.split('/');
  const page = Object.hasOwn(BELOW, name) ? name : '';
  root.append(make('nav', { class: 'below', 'aria-label': 'Workflows' }, LINKS.map(([to, text]) =>
    make('a', { href: to ? `#workflows/${to}` : '#workflows', 'aria-current': to === page ? 'page' : null }, text))));
  let decoded = null;
  try { decoded = argument.length ? decodeURIComponent(argument.join('/')) : null; } catch { /* No address of ours. */ }
  return BELOW[page].open(root, stopped, decoded);
}

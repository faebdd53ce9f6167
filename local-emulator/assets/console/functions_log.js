// What an invocation wrote: each line of JSON as a person reads it (when, how grave, what, and its members), other lines as they are.

import { make } from './dom.js';

/** Members that stand at the line's beginning, or say what the page says already. */
const APART = ['timestamp', 'level', 'message', 'target', 'span', 'spans'];
const LOOKS = { ERROR: 'down', WARN: 'starting' };

export const log = text => text ? make('pre', { class: 'log', tabIndex: 0 }, text.split('\n').map(line)) : make('pre', { tabIndex: 0 }, '(it wrote nothing)');

function line(text) {
  let said;
  try { said = JSON.parse(text); } catch { /* Another form. */ }
  if (!said || typeof said !== 'object' || typeof said.level !== 'string') return make('div', {}, text);
  const members = Object.entries(said).filter(([name]) => !APART.includes(name));
  return make('div', { title: said.target || '' }, make('span', { class: 'soft' }, time(said.timestamp)), ' ', make('b', { class: LOOKS[said.level] || 'soft' }, said.level), ` ${said.message ?? ''}`,
    members.map(([name, value]) => [' ', make('span', { class: 'soft' }, `${name}=`), typeof value === 'string' ? value : JSON.stringify(value)]));
}

/** The time of day to the millisecond, as it was written. */
const time = text => (String(text || '').match(/T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)/) || ['', ''])[1];

// How many approvals wait for the present person, at the link to their page: live, as the node says that it changed.

import { api } from './api.js';

/** What says, within this page, that approvals may have changed. */
export const CHANGED = 'octavo-approvals';
/** Milliseconds between questions, for the case that a push was lost. */
const ASKED_EVERY = 60_000;

let timer = null;

/** Shows the count, now and whenever it may be another one. */
export function watch() {
  clearInterval(timer);
  timer = setInterval(show, ASKED_EVERY);
  removeEventListener(CHANGED, show);
  addEventListener(CHANGED, show);
  show();
}

let turn = 0;
async function show() {
  const mine = ++turn;
  const link = document.querySelector('#pages a[href="#approvals"]');
  if (!link) return;
  let waiting = 0;
  try {
    const { mine, groups } = await api('/v1/approvals/counts');
    waiting = mine + groups;
  } catch { /* Nothing is shown that is not known. */ }
  // An answer from before a decision would stand for a minute.
  if (mine !== turn) return;
  link.querySelector('.badge')?.remove();
  if (!waiting) return;
  const badge = document.createElement('b');
  badge.className = 'badge';
  badge.textContent = waiting > 99 ? '99+' : String(waiting);
  badge.setAttribute('aria-label', `${waiting} waiting`);
  link.append(' ', badge);
}

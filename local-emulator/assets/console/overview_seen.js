// What the overview says, asked once for everybody who shows something of it: the line at the top says what the page says.

import { emulator } from './api.js';

const hearing = new Set();

/** Tells `hear(overview)` of every answer from now on, whoever asked, until `stopped`. */
export function heard(hear, stopped) {
  hearing.add(hear);
  if (stopped) stopped.addEventListener('abort', () => hearing.delete(hear));
}

let asked = 0;
let told = 0;

/** Asks. */
export async function seen() {
  const mine = ++asked;
  const now = await emulator('/_octavo/overview');
  // One that was overtaken by the answer to a later question is no news.
  if (mine > told) {
    told = mine;
    for (const hear of hearing) hear(now);
  }
  return now;
}

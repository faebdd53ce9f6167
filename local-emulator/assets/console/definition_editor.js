// A definition's text with numbered lines. It is checked while somebody writes; each finding leads to its place.

import { api } from './api.js';
import { freshId, make } from './dom.js';

/** Milliseconds without a key press after which the text is checked. */
const CHECKED_AFTER = 350;
const FINDINGS_SHOWN = 30;

/**
 * The editor. `changed(text, definition)` is called after every change, with the definition as a value or null where the text
 * is no JSON. `kind()` is asked for the state machine's type. Answers `{ root, text, show, check, set }`.
 */
export function definitionEditor({ changed, kind }) {
  const lines = make('pre', { class: 'line-numbers', 'aria-hidden': 'true' }, '1');
  const findings = make('ol', { class: 'findings', id: freshId() });
  const said = make('p', { class: 'soft', role: 'status' });
  const area = make('textarea', { class: 'code', spellcheck: false, wrap: 'off', rows: 24, autocomplete: 'off', 'aria-label': 'Definition', 'aria-describedby': findings.id });
  const tidy = make('button', { type: 'button', class: 'quiet small' }, 'Format');
  const root = make('div', { class: 'stack definition' },
    make('div', { class: 'with-lines' }, lines, area), make('div', { class: 'buttons' }, tidy, said), findings);
  let timer = null;
  let asked = 0;
  let known = [];

  function number() {
    const wanted = area.value.split('\n').length;
    const marked = new Set(known.map(finding => finding.line));
    const rows = [];
    for (let line = 1; line <= wanted; line += 1) rows.push(marked.has(line) ? make('b', { class: 'down' }, `${line}\n`) : `${line}\n`);
    lines.replaceChildren(...rows);
    lines.scrollTop = area.scrollTop;
  }

  function tell() {
    let definition = null;
    try { definition = JSON.parse(area.value); } catch { /* The check says where it is none. */ }
    changed(area.value, definition);
  }

  /** What is said is of a text of before until the check's answer is there. */
  const busy = is => said.setAttribute('aria-busy', String(is));

  async function check() {
    const turn = ++asked;
    busy(true);
    try {
      const answer = await api('/v1/workflow-checks', { method: 'POST', json: { definition: area.value, type: kind() } });
      // What was typed meanwhile is checked by another call.
      if (turn !== asked) return;
      known = answer.findings;
      said.className = known.length ? 'fault' : 'note';
      said.textContent = known.length ? `${known.length} ${known.length === 1 ? 'thing is' : 'things are'} wrong` : 'nothing is wrong';
      findings.replaceChildren(...known.slice(0, FINDINGS_SHOWN).map(one));
      if (known.length > FINDINGS_SHOWN) findings.append(make('li', { class: 'soft' }, `and ${known.length - FINDINGS_SHOWN} more`));
    } catch (error) {
      if (turn !== asked) return;
      said.className = 'soft';
      said.textContent = `not checked: ${error.message}`;
    }
    busy(false);
    number();
  }

  const one = finding => make('li', {}, make('button', { type: 'button', class: 'link', onclick: () => go(finding) },
    make('b', {}, `${finding.line}:${finding.column}`), ' ', finding.message), finding.hint ? make('div', { class: 'soft' }, finding.hint) : null);

  /** To a finding's line, with the rest of the line selected. */
  function go({ line, column }) {
    const rows = area.value.split('\n');
    const start = rows.slice(0, line - 1).reduce((sum, row) => sum + row.length + 1, 0);
    const row = rows[line - 1] || '';
    // Columns count characters, and a text's places its halves of pairs.
    const from = start + [...row].slice(0, column - 1).join('').length;
    area.focus();
    area.setSelectionRange(from, start + row.length);
    const height = area.scrollHeight / Math.max(1, rows.length);
    area.scrollTop = Math.max(0, (line - 4) * height);
    area.scrollLeft = 0;
  }

  function later() {
    clearTimeout(timer);
    // The answer that is under way is of a text of before.
    asked += 1;
    busy(true);
    timer = setTimeout(() => { tell(); check(); }, CHECKED_AFTER);
  }

  area.oninput = () => { number(); later(); };
  area.onscroll = () => { lines.scrollTop = area.scrollTop; };
  area.onkeydown = event => {
    if (event.key !== 'Enter' || event.isComposing || event.ctrlKey || event.metaKey) return;
    // A new line begins where this one does.
    const before = area.value.slice(0, area.selectionStart).split('\n').at(-1);
    const indent = before.match(/^ */)[0] + (/[{[]\s*$/.test(before) ? '  ' : '');
    event.preventDefault();
    typed(`\n${indent}`);
  };
  // As if it were typed, so that it can be undone.
  const typed = text => { if (!document.execCommand('insertText', false, text)) area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end'); };
  tidy.onclick = () => {
    let text;
    try { text = JSON.stringify(JSON.parse(area.value), null, 2); } catch { check(); return; }
    if (text === area.value) return;
    area.focus();
    area.select();
    typed(text);
    area.setSelectionRange(0, 0);
    area.scrollTop = 0;
  };

  return {
    root,
    text: () => area.value,
    /** To where a state is written. Names are unique in a whole machine. */
    show: name => {
      const key = JSON.stringify(name).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      const found = area.value.match(new RegExp(`${key}\\s*:\\s*\\{`));
      if (!found) return;
      const before = area.value.slice(0, found.index).split('\n');
      go({ line: before.length, column: [...before.at(-1)].length + 1 });
    },
    check: () => { clearTimeout(timer); return check(); },
    set: text => {
      area.value = text;
      area.scrollTop = 0;
      known = [];
      number();
      tell();
      check();
    },
  };
}

// Files become documents: dropped anywhere on the page or chosen, a few at once, each with its progress and its own refusal.

import { upload } from './api.js';
import { BODY_BYTES_MAX } from './document_words.js';
import { bytes, make, meter } from './dom.js';

/** Uploads under way at once: browsers keep six connections, and the page needs some. */
const AT_ONCE = 3;
/** Lines that are shown; older ones that ended well go first. */
const LINES_MAX = 100;
const ACCEPT = '.md,.markdown,.html,.htm,.txt,.pdf,.docx,text/*,application/pdf';

/** The place to drop files at. `root`: whatever is dropped onto it counts. `done()`: something was made. */
export function uploads(root, stopped, done) {
  const picker = make('input', { type: 'file', multiple: true, accept: ACCEPT, hidden: true });
  const tags = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'none' });
  const lines = make('ul', { class: 'uploads', 'aria-label': 'Uploads' });
  const said = make('p', { class: 'hidden-label', role: 'status' });
  const choose = make('button', { type: 'button', onclick: () => picker.click() }, 'Choose files');
  const zone = make('div', { class: 'drop' }, picker,
    make('div', {}, make('b', {}, 'Drop files here'), make('small', {}, 'Markdown, HTML, text, PDF or Word, 4 MiB each')),
    make('label', {}, 'Tags for them', tags), make('div', { class: 'buttons' }, choose, make('a', { href: '#collaborate', class: 'button quiet' }, 'Write one')));
  const waiting = [];
  let underWay = 0;

  picker.onchange = () => {
    for (const file of picker.files) add(file, false);
    picker.value = '';
  };

  // Over a page with many elements one is left for the next one all the time: what counts is how deep one is.
  let depth = 0;
  const hover = change => {
    depth = Math.max(0, depth + change);
    zone.classList.toggle('over', depth > 0);
  };
  const files = event => event.dataTransfer && [...event.dataTransfer.types].includes('Files');
  const on = (name, act) => root.addEventListener(name, event => {
    if (!files(event)) return;
    event.preventDefault();
    act(event);
  });
  on('dragenter', () => hover(1));
  on('dragleave', () => hover(-1));
  on('dragover', event => { event.dataTransfer.dropEffect = 'copy'; });
  on('drop', event => {
    hover(-depth);
    for (const item of event.dataTransfer.items) {
      if (item.kind !== 'file') continue;
      const entry = item.webkitGetAsEntry ? item.webkitGetAsEntry() : null;
      const file = item.getAsFile();
      if (file) add(file, entry !== null && entry.isDirectory);
    }
  });

  function add(file, folder) {
    const bar = make('div', {});
    const outcome = make('small', {}, folder ? '' : 'waits');
    const line = make('li', {}, make('div', { class: 'upload-name' }, make('span', {}, file.name), make('small', {}, folder ? '' : bytes(file.size))), bar, outcome);
    lines.prepend(line);
    for (const old of [...lines.children].slice(LINES_MAX)) old.remove();
    const ended = (state, ...what) => {
      line.className = state;
      bar.replaceChildren();
      outcome.replaceChildren(...what);
      said.textContent = `${file.name}: ${outcome.textContent}`;
    };
    if (folder) return ended('failed', 'a folder is not taken: drop the files that are in it');
    if (file.size > BODY_BYTES_MAX) return ended('failed', `it is larger than ${bytes(BODY_BYTES_MAX)}`);
    waiting.push(async () => {
      const form = new FormData();
      form.append('file', file, file.name);
      for (const tag of tags.value.split(',').map(each => each.trim()).filter(Boolean)) form.append('tags', tag);
      const progress = share => {
        bar.replaceChildren(meter(share, `${file.name}: ${Math.round(share * 100)}% sent`, true));
        outcome.textContent = share < 1 ? `${Math.round(share * 100)}%` : 'is being read…';
      };
      progress(0);
      try {
        const made = await upload('/v1/documents', { body: form, progress, stopped });
        ended('made', make('a', { href: `#documents/${made.id}` }, made.title), ' is there');
        done();
      } catch (error) {
        const why = error.fields && error.fields.length ? error.fields.map(each => each.field === 'file' ? each.message : `${each.field}: ${each.message}`).join('; ') : error.message;
        if (!stopped.aborted) ended('failed', why);
      }
    });
    next();
    return null;
  }

  function next() {
    while (underWay < AT_ONCE && waiting.length && !stopped.aborted) {
      underWay += 1;
      waiting.shift()().finally(() => { underWay -= 1; next(); });
    }
  }

  return make('section', { 'aria-label': 'New documents' }, zone, lines, said);
}

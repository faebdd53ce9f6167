// The editor: CodeMirror over the text of a session. It lives in a shadow root, where its styles are no markup of the page.

import { make } from './dom.js';

/** Mounts the editor of `session` into an element that it returns with it. */
export function editor(session, label) {
  const { library: { Compartment, Decoration, EditorState, EditorView, HighlightStyle, StateEffect, StateField, defaultKeymap, drawSelection, highlightActiveLine, keymap, markdown, markdownKeymap, markdownLanguage, placeholder, syntaxHighlighting, tags, yCollab, yUndoManagerKeymap } } = session;
  const host = make('div', { class: 'editor' });
  const root = host.attachShadow({ mode: 'open' });
  const lock = new Compartment();
  const locked = is => [EditorState.readOnly.of(is), EditorView.contentAttributes.of({ 'aria-readonly': String(is) })];
  const marks = marking({ Decoration, EditorView, StateEffect, StateField });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: session.text.toString(),
      extensions: [
        lock.of(locked(session.readOnly)),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'true' }),
        drawSelection(), highlightActiveLine(), placeholder(session.readOnly ? 'Nothing is written yet.' : 'Write here.'),
        // Tab leaves the editor: whoever has no mouse gets out again.
        keymap.of([...yUndoManagerKeymap, ...markdownKeymap, ...defaultKeymap]),
        markdown({ base: markdownLanguage }),
        syntaxHighlighting(HighlightStyle.define(styles(tags))),
        yCollab(session.text, session.people(), { undoManager: session.undo }),
        marks.extension,
        EditorView.theme(THEME),
      ],
    }),
  });
  return {
    host, view,
    mark: position => marks.show(view, position),
    /** Whether it takes nothing for now, whatever one may do. */
    lock: is => { view.dispatch({ effects: lock.reconfigure(locked(is || session.readOnly)) }); },
  };
}

const styles = tags => [
  { tag: tags.heading, fontWeight: '700', color: 'var(--accent)' },
  { tag: tags.strong, fontWeight: '700' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: tags.strikethrough, textDecoration: 'line-through' },
  { tag: [tags.link, tags.url], color: 'var(--accent)', textDecoration: 'underline' },
  { tag: [tags.monospace, tags.string], color: 'var(--good)' },
  { tag: [tags.keyword, tags.tagName], color: 'var(--warn)' },
  { tag: [tags.processingInstruction, tags.meta, tags.quote, tags.comment], color: 'var(--soft)' },
];

/** One line can be pointed out: the place of a comment. */
function marking({ Decoration, EditorView, StateEffect, StateField }) {
  const set = StateEffect.define();
  const line = Decoration.line({ class: 'cm-commented' });
  const field = StateField.define({
    create: () => Decoration.none,
    update(marks, change) {
      let now = marks.map(change.changes);
      for (const effect of change.effects) {
        if (effect.is(set)) now = effect.value === null ? Decoration.none : Decoration.set([line.range(change.state.doc.lineAt(effect.value).from)]);
      }
      return now;
    },
    provide: own => EditorView.decorations.from(own),
  });
  const show = (view, position) => {
    const at = Math.min(position, view.state.doc.length);
    view.dispatch({ effects: [set.of(at), EditorView.scrollIntoView(at, { y: 'center' })], selection: { anchor: at } });
    view.focus();
  };
  return { extension: field, show };
}

const CARET = '.cm-ySelectionCaret';
const LABEL = '.cm-ySelectionInfo';
const THEME = {
  '&': { color: 'var(--ink)', backgroundColor: 'var(--card)', border: '1px solid var(--field)', borderRadius: '.5rem', height: '100%', fontSize: '1rem' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '1px' },
  '.cm-scroller': { fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace', fontSize: '.95rem', lineHeight: '1.6', overflow: 'auto' },
  // Room above the first line, where the names of cursors in it stand.
  '.cm-content': { padding: '1.5rem .4rem 3rem', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 .6rem' },
  '.cm-cursor, .cm-dropCursor': { borderLeft: '2px solid var(--ink)' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--soft) 8%, transparent)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': { background: 'color-mix(in srgb, var(--accent) 28%, transparent)' },
  '.cm-placeholder': { color: 'var(--soft)' },
  '.cm-commented': { backgroundColor: 'color-mix(in srgb, var(--warn) 18%, transparent)' },
  [CARET]: { borderLeftWidth: '2px', borderRight: '0', marginLeft: '-1px', marginRight: '-1px' },
  // The name is shown while its cursor moves, and when it is pointed at.
  [LABEL]: { top: '-1.35em', left: '-2px', fontFamily: 'system-ui, sans-serif', fontSize: '.72rem', fontWeight: '600', lineHeight: '1.3', padding: '0 .35em', borderRadius: '.25em .25em .25em 0', opacity: '.25', animation: 'octavo-named 8s' },
  [`${CARET}:hover > ${LABEL}`]: { opacity: '1', animation: 'none' },
  '@keyframes octavo-named': { '0%, 85%': { opacity: '1' }, '100%': { opacity: '.25' } },
};

// What the console's editor is made of: Yjs, its WebSocket provider, and CodeMirror bound to it.

export { Doc, UndoManager, createAbsolutePositionFromRelativePosition, createRelativePositionFromTypeIndex, decodeRelativePosition, encodeRelativePosition, encodeStateVector } from 'yjs';
export { WebsocketProvider } from 'y-websocket';
export { yCollab, yUndoManagerKeymap } from 'y-codemirror.next';
export { Compartment, EditorState, StateEffect, StateField } from '@codemirror/state';
export { Decoration, EditorView, drawSelection, highlightActiveLine, keymap, placeholder } from '@codemirror/view';
export { defaultKeymap } from '@codemirror/commands';
export { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
export { markdown, markdownLanguage, markdownKeymap } from '@codemirror/lang-markdown';
export { tags } from '@lezer/highlight';

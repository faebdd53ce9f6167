// What a template says by every channel. The mail is shown in a frame that may do nothing.

import { emulator } from './api.js';
import { make } from './dom.js';

/** `{ node, show(said), trouble(text) }`: `said` is what the API's preview answers. */
export function previewPanel() {
  const tabs = make('div', { class: 'tabs', role: 'group', 'aria-label': 'By what' });
  const place = make('div', { class: 'letter' });
  const trouble = make('p', { class: 'fault', role: 'status' });
  const frame = make('iframe', { title: 'The mail', sandbox: 'allow-popups allow-popups-to-escape-sandbox' });
  const subject = make('h3', {});
  const mail = make('div', {}, subject, frame);
  let said = null;
  let view = 'mail';
  const views = [
    ['mail', 'Mail', () => mail],
    ['text', 'Mail, as text', () => make('pre', { tabIndex: 0 }, said.email.text)],
    ['inbox', 'Inbox', () => make('div', { class: 'card' }, make('strong', {}, said.in_app.title), make('p', { class: 'said' }, said.in_app.text))],
    ['sms', 'Telephone', () => make('div', { class: 'phone' }, make('p', {}, said.sms))],
    ['slack', 'Slack', () => make('pre', { tabIndex: 0 }, `${said.slack.text}\n\n${JSON.stringify(said.slack.blocks, null, 2)}`)],
    ['pager', 'Pager', () => make('pre', { tabIndex: 0 }, said.pagerduty)],
  ];
  const draw = () => {
    tabs.replaceChildren(...views.map(([name, text]) => make('button', {
      type: 'button', class: name === view ? 'small' : 'quiet small', 'aria-pressed': String(name === view), onclick: () => { view = name; draw(); },
    }, text)));
    const wanted = said ? views.find(([name]) => name === view)[2]() : make('p', { class: 'soft' }, '…');
    // A frame that is put in again is loaded again.
    if (place.firstChild !== wanted) place.replaceChildren(wanted);
  };
  draw();
  return {
    node: make('div', {}, tabs, trouble, place),
    trouble: text => { trouble.textContent = text; },
    show: async now => {
      const isNew = !said || said.email.html !== now.email.html;
      said = now;
      trouble.textContent = '';
      subject.textContent = said.email.subject;
      if (isNew) {
        const { number } = await emulator('/_octavo/preview', { method: 'POST', body: said.email.html, headers: { 'content-type': 'text/html' } });
        frame.src = `/console/preview/${number}`;
      }
      draw();
    },
  };
}

// What the API's words of notifications are called on pages.

const CHANNELS = { email: 'Mail', in_app: 'Inbox', sms: 'Telephone', webhook: 'Webhook', slack: 'Slack', pagerduty: 'PagerDuty' };
const STATUSES = {
  planned: ['waits', 'starting'], sending: ['is being sent', 'starting'], sent: ['sent', 'starting'], delivered: ['arrived', 'up'],
  bounced: ['bounced', 'down'], failed: ['failed', 'down'], unknown: ['nobody knows', 'down'], dropped: ['not sent', 'soft'],
};
const REASONS = {
  preference: 'the recipient does not want it', suppressed: 'the address is suppressed', no_address: 'no address is known', settled: 'it was settled meanwhile',
  no_target: 'the target is not there or not active', no_provider: 'there is no provider for it', template: 'the template cannot say it',
  quiet_hours: 'until quiet hours are over', throttled: 'too many came in so short a time', digest: 'for its digest', retry: 'for another try',
};
const TRIES = {
  started: ['has no end', 'starting'], accepted: ['taken', 'starting'], rejected: ['refused for good', 'down'], not_taken: ['not taken', 'down'],
  unknown: ['nobody knows', 'down'], delivered: ['arrived', 'up'], bounced: ['bounced', 'down'],
};

/** The statuses of messages, with their words. */
export const statuses = Object.entries(STATUSES).map(([status, [text]]) => [status, text]);
/** The channels, with their words. */
export const channels = Object.entries(CHANNELS);

export const channelWords = channel => CHANNELS[channel] || channel;
export const statusWords = status => (STATUSES[status] || [status])[0];
export const statusLook = status => (STATUSES[status] || [])[1] || '';
export const reasonWords = reason => REASONS[reason] || reason;
export const tryWords = status => (TRIES[status] || [status])[0];
export const tryLook = status => (TRIES[status] || [])[1] || '';

/** Whom a message is for, and where it goes. */
export function recipientWords(one) {
  const to = one.recipient.user || one.recipient.name || one.recipient.target || one.recipient.address;
  return one.address && one.address !== to ? `${to} (${one.address})` : to;
}

// Who may use workflows from outside (access keys, for the stock AWS clients), and what workflows may use outside
// (connections: a header's value that HTTP tasks send).

import { ago } from './ago.js';
import { api, identity } from './api.js';
import { carefully, clearFaults, field, make, section, showFaults, table } from './dom.js';
import { date } from './sfn.js';

export function open(root) {
  const keys = make('div', { class: 'stack' });
  const connections = make('div', { class: 'stack' });
  root.append(section('Access keys', keys), section('Connections', connections));
  accessKeys(keys);
  workflowConnections(connections);
}

function accessKeys(root) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const label = make('input', { autocomplete: 'off', placeholder: 'deployment from the build server' });
  const user = make('input', { autocomplete: 'off', spellcheck: false, placeholder: identity.user });
  const fresh = make('div', { class: 'stack', 'aria-live': 'polite' });
  const list = make('div');
  const form = make('form', { class: 'stack', noValidate: true },
    make('div', { class: 'row fields' }, make('div', { class: 'grow' }, field('What it is for', label, 'label')),
      identity.roles.includes('admin') ? field('User', user, 'user') : null, make('button', {}, 'Make a key')), fault);
  root.append(make('p', { class: 'soft' }, `The AWS command line and SDKs sign their requests with it, as ${identity.user} of ${identity.tenant}.`), form, fresh, list);
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    try {
      const made = await api('/v1/access-keys', { method: 'POST', json: { label: label.value.trim(), user: user.value.trim() || undefined } });
      label.value = '';
      fresh.replaceChildren(once(made));
      await show();
    } catch (error) {
      showFaults(form, fault, error);
    }
  };
  async function show() {
    // An administrator sees everybody's.
    const { access_keys: all } = await api(`/v1/access-keys${identity.roles.includes('admin') ? '?user=*' : ''}`);
    list.replaceChildren(table([
      { title: 'Key', of: key => make('code', {}, key.id) },
      { title: 'For', of: key => key.label, wrap: true },
      { title: 'User', of: key => key.user },
      { title: 'Roles', of: key => (key.roles || []).join(', ') },
      { title: 'Made', of: key => ago(date(key.created_at)) },
      { title: 'Last used', of: key => key.used_at ? ago(date(key.used_at)) : 'never' },
      { title: '', of: key => carefully('Delete', 'Really delete it?', async () => {
        try { await api(`/v1/access-keys/${encodeURIComponent(key.id)}`, { method: 'DELETE' }); await show(); } catch (error) { fault.textContent = error.message; }
      }) },
    ], all, { empty: 'no keys yet', caption: 'Access keys' }));
  }
  show().catch(error => { fault.textContent = error.message; });
}

/** The secret: shown this once, with lines to begin with. */
function once(made) {
  const shell = `export AWS_ACCESS_KEY_ID=${made.id}
export AWS_SECRET_ACCESS_KEY=${made.secret}
export AWS_DEFAULT_REGION=us-east-1
aws stepfunctions --endpoint-url ${location.origin}/v1/states list-state-machines`;
  const python = `import boto3
from botocore.config import Config

client = boto3.client("stepfunctions", endpoint_url="${location.origin}/v1/states", region_name="us-east-1",
                      aws_access_key_id="${made.id}", aws_secret_access_key="${made.secret}",
                      # start_sync_execution and test_state would look for a host named sync-...
                      config=Config(inject_host_prefix=False))
print(client.list_state_machines()["stateMachines"])`;
  return make('div', { class: 'card' }, make('b', {}, `The key ${made.id}`), make('small', {}, 'Its secret is shown this once: keep it now.'),
    copied('AWS command line', shell), copied('Python, boto3', python));
}

function copied(title, text) {
  const copy = make('button', { type: 'button', class: 'quiet small' }, 'Copy');
  copy.onclick = async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = 'Copied';
    } catch {
      copy.textContent = 'Select it and copy';
    }
  };
  return make('div', {}, make('h3', {}, title, ' ', copy), make('pre', { tabIndex: 0 }, text));
}

function workflowConnections(root) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const name = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'payments' });
  const header = make('input', { autocomplete: 'off', spellcheck: false, value: 'Authorization' });
  const value = make('input', { type: 'password', autocomplete: 'new-password', placeholder: 'Bearer …' });
  const hosts = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'api.example.com, separated by commas' });
  const list = make('div');
  const form = make('form', { class: 'stack', noValidate: true },
    make('div', { class: 'row fields' }, field('Name', name, 'name'), field('Header', header, 'header'), field('Value', value, 'value')),
    make('div', { class: 'row fields' }, make('div', { class: 'grow' }, field('Hosts that it is sent to', hosts, 'hosts')), make('button', {}, 'Set')), fault);
  root.append(make('p', { class: 'soft' }, 'A task of arn:aws:states:::http:invoke names a connection by its ARN. The value is kept sealed and never shown again.'), form, list);
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    try {
      const wanted = { header: header.value.trim(), value: value.value, hosts: hosts.value.split(',').map(host => host.trim()).filter(Boolean) };
      await api(`/v1/workflow-connections/${encodeURIComponent(name.value.trim())}`, { method: 'PUT', json: wanted });
      for (const input of [name, value, hosts]) input.value = '';
      await show();
    } catch (error) {
      showFaults(form, fault, error);
    }
  };
  async function show() {
    const { connections } = await api('/v1/workflow-connections');
    list.replaceChildren(table([
      { title: 'Name', of: one => one.name },
      { title: 'ARN', of: one => make('code', {}, one.arn), wrap: true },
      { title: 'Header', of: one => one.header },
      { title: 'Hosts', of: one => one.hosts.join(', '), wrap: true },
      { title: 'Set', of: one => ago(date(one.updated_at)) },
      { title: '', of: one => carefully('Delete', 'Really delete it?', async () => {
        try { await api(`/v1/workflow-connections/${encodeURIComponent(one.name)}`, { method: 'DELETE' }); await show(); } catch (error) { fault.textContent = error.message; }
      }) },
    ], connections, { empty: 'no connections yet', caption: 'Connections' }));
  }
  show().catch(error => { fault.textContent = error.message; });
}

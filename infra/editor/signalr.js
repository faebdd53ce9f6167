// The stock SignalR client: what a page needs of it.

export { HttpError, HttpTransportType, HubConnectionBuilder, HubConnectionState, JsonHubProtocol, LogLevel } from '@microsoft/signalr';

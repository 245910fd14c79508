import { SluiceChat } from './sluice-chat/sluice-chat.ts';

export type { SluiceChat };

// The script may be on a page twice, for instance from two widgets: the first one stays.
if (!customElements.get('sluice-chat')) customElements.define('sluice-chat', SluiceChat);

declare global {
  interface HTMLElementTagNameMap {
    'sluice-chat': SluiceChat;
  }
}

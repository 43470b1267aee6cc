import type { VNode } from 'preact';

export function Follow(): VNode {
  return <p />;
}

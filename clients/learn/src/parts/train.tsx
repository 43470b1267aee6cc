import type { VNode } from 'preact';

export function Train(): VNode {
  return <p />;
}

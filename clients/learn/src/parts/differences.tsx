import type { VNode } from 'preact';

export function Differences(): VNode {
  return <p />;
}

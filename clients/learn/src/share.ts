// share.ts - code and view in the fragment of the address: nothing of it is sent to a server.
import { effect } from '@preact/signals';
import { chosen } from './lessons';
import { at, code, put, ran, replay, run, scope, seek } from './state';
import type { Scope } from './visible';

const PREFIX = 'z=';

const MOST = 400_000; // bytes that an address may bring

/** What comes out of a stream that these bytes go through; nothing is read beyond what an address may bring. */
async function through(stream: CompressionStream | DecompressionStream, bytes: Uint8Array): Promise<Uint8Array> {
  const reader = new Blob([bytes as BlobPart]).stream().pipeThrough(stream as ReadableWritablePair<Uint8Array, Uint8Array>).getReader();
  const parts: Uint8Array[] = [];
  let n = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    n += part.value.length;
    if (n > MOST) {
      await reader.cancel();
      throw new RangeError('too long');
    }
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

function base64url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function unbase64url(text: string): Uint8Array {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

interface Shared {
  code: string;
  at?: number;
  scope?: Scope;
}

export async function pack(shared: Shared): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(shared));
  if (bytes.length > MOST) throw new RangeError('too long'); // nobody would open it
  return PREFIX + base64url(await through(new CompressionStream('deflate-raw'), bytes));
}

export async function unpack(fragment: string): Promise<Shared | null> {
  const text = fragment.replace(/^#/, '');
  if (!text.startsWith(PREFIX)) return null;
  try {
    const bytes = await through(new DecompressionStream('deflate-raw'), unbase64url(text.slice(PREFIX.length)));
    const shared = JSON.parse(new TextDecoder().decode(bytes)) as Shared;
    return typeof shared.code === 'string' ? shared : null;
  } catch {
    return null; // a fragment that somebody cut off
  }
}

/** The address that shows what is shown now. */
export async function address(embed = false): Promise<string> {
  const url = new URL(location.href);
  url.search = embed ? '?embed=1' : '';
  const view: Shared = { code: code.value, scope: scope.value };
  if (replay.value) view.at = at.value;
  url.hash = await pack(view);
  return url.href;
}

const SCOPES: readonly string[] = ['auto', 'all', 'result', 'near'];

let latest = 0;

/** Takes up what the address brings: true if it brought code, or if there is other code by now, which stays. */
export async function open(fragment: string): Promise<boolean> {
  const mine = ++latest;
  const had = code.peek();
  const shared = await unpack(fragment);
  if (!shared) return false;
  if (mine !== latest || code.peek() !== had) return true;
  chosen.value = null; // code from an address is of no lesson
  put(shared.code.replace(/\r\n?/g, '\n')); // as the editor has it
  if (shared.scope && SCOPES.includes(shared.scope)) scope.value = shared.scope;
  if (typeof shared.at === 'number' && (await run('end'))) seek(shared.at);
  return true;
}

export function onAddress(): void {
  addEventListener('hashchange', () => void open(location.hash));
  effect(() => {
    code.value;
    if (location.hash.startsWith(`#${PREFIX}`) && ran.value && ran.value.code !== code.value)
      history.replaceState(null, '', location.pathname + location.search);
  });
}

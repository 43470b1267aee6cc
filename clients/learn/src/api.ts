// api.ts - calls to the server that the page came from, and whether it is there.
import { signal } from '@preact/signals';
import { lang } from './i18n';
import type { Advice, RunAnswer } from './wire';

/** A request as a person would write it down. */
export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  type?: string;
  body?: string;
  /** The answer goes on and on. */
  stream?: boolean;
}

/** The server does not answer; set and cleared by every call, and by asking again while it is set. */
export const away = signal(false);
/** What was done last, for "show me the call". */
export const lastCall = signal<Call | null>(null);

/** The server has another version of the page: what of this one has not come yet is there no more. */
export const renewed = signal(false);

export class Away extends Error {}

const AGAIN_MS = 1500;

let asking = false;

function watch(): void {
  away.value = true;
  if (asking) return; // a call that went through meanwhile has not ended that
  asking = true;
  const ask = async (): Promise<void> => {
    try {
      if ((await fetch('/livez', { cache: 'no-store' })).ok) {
        asking = false;
        away.value = false;
        return;
      }
    } catch {
      // still away
    }
    setTimeout(ask, AGAIN_MS);
  };
  setTimeout(ask, AGAIN_MS);
}

export async function send(call: Call, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { 'Accept-Language': lang.value };
  if (call.type) headers['Content-Type'] = call.type;
  try {
    const answer = await fetch(call.path, { method: call.method, headers, body: call.body ?? null, signal: signal ?? null });
    away.value = false;
    return answer;
  } catch (e) {
    if (signal?.aborted) throw e;
    watch();
    throw new Away();
  }
}

export async function sendJson<T>(call: Call, signal?: AbortSignal): Promise<{ status: number; body: T }> {
  const answer = await send(call, signal);
  try {
    const text = await answer.text();
    return { status: answer.status, body: (text ? JSON.parse(text) : {}) as T };
  } catch (e) {
    if (signal?.aborted) throw e;
    watch(); // it broke off in the middle of its answer
    throw new Away();
  }
}

/** A part of the page that comes when it is needed. */
export async function later<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch {
    await send({ method: 'GET', path: '/livez' }); // throws, and says so, if it is the server that is not there
    renewed.value = true;
    throw new Away();
  }
}

export const runCall = (code: string, trace: boolean): Call => ({
  method: 'POST',
  path: `/v1/run?as=json${trace ? '&trace=1' : ''}`,
  type: 'text/x-python',
  body: code,
});

/** Runs a script in a session of its own. */
export async function runScript(code: string, trace: boolean, signal?: AbortSignal): Promise<RunAnswer> {
  return (await sendJson<RunAnswer>(runCall(code, trace), signal)).body;
}

const advice = new Map<string, Promise<Advice>>();

/** What an error code means, in the language chosen. */
export function adviceOn(code: string): Promise<Advice> {
  const key = `${lang.value} ${code}`;
  const had = advice.get(key);
  if (had) return had;
  const asked = sendJson<Advice>({ method: 'GET', path: `/problems/${encodeURIComponent(code)}` }).then((a) => {
    if (a.status !== 200) throw new Error(`no advice on ${code}: ${a.status}`);
    return a.body;
  });
  advice.set(key, asked);
  asked.catch(() => advice.delete(key));
  return asked;
}

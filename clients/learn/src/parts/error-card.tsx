// error-card.tsx - why a script stopped: the line, the tensor and its versions, the reason, and what to do instead.
import { useSignal, useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { adviceOn } from '../api';
import { lang, words } from '../i18n';
import { ran } from '../state';
import type { Advice, Failed } from '../wire';

function About({ failed }: { failed: Failed }): VNode | null {
  const w = words.value;
  const saved = failed.saved;
  if (saved) return <p>{w.savedChanged(saved.name ?? w.aTensor, saved.expected, saved.version, failed.grad_fn ?? '')}</p>;
  if (failed.kind === 'pass' && failed.grad_fn) return <p>{w.atNode(failed.grad_fn)}</p>;
  const names = (failed.inputs ?? []).flatMap((i) => (i.name ? [i.name] : []));
  return failed.op && names.length ? <p>{w.atOp(failed.op, names)}</p> : null;
}

export function ErrorCard(): VNode | null {
  const advice = useSignal<Advice | null>(null);
  useSignalEffect(() => {
    const code = ran.value?.error?.code;
    lang.value;
    advice.value = null;
    let gone = false; // another error, or another language
    if (code) void adviceOn(code).then((a) => { if (!gone) advice.value = a; }, () => undefined);
    return () => {
      gone = true;
    };
  });
  const error = ran.value?.error;
  if (!error) return null;
  const w = words.value;
  const failed = ran.value?.answer.trace?.failed;
  const a = advice.value;
  return (
    <div class="card wrong" role="group" aria-label={w.whatWentWrong}>
      <h3>{a?.title?.[lang.value] ?? error.class}</h3>
      <p><code>{`${error.class}: ${error.message}`}</code>{error.line > 0 && <> — {w.lineN(error.line)}</>}</p>
      {failed && <About failed={failed} />}
      {a?.why && <p><strong>{w.why}</strong> {a.why}</p>}
      {a?.instead && a.instead.length > 0 && (
        <>
          <p><strong>{w.instead}</strong></p>
          <ul>{a.instead.map((i) => <li>{i.text}{i.code && <> <code>{i.code}</code></>}</li>)}</ul>
        </>
      )}
    </div>
  );
}

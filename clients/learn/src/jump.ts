// jump.ts - a link of a lesson's text to a line of its code.
import { at, replay, run, seek, stale } from './state';

export const jump = {
  /** Moves the replay to where line n begins the next time, or from the start if it does not come again. Runs the
   *  code first if that has not been done. */
  async line(n: number): Promise<void> {
    if ((!replay.value || stale.value) && !(await run('start'))) return;
    const r = replay.value;
    if (r) seek(r.reach(n, at.value) ?? r.reach(n, 0) ?? r.length);
  },
};

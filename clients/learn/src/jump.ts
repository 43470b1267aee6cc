// jump.ts - a link of a lesson's text to a line of its code.
import { seek, replay, run } from './state';

export const jump = {
  /** Moves the replay to where line n has begun; runs the code first if that has not been done. */
  async line(n: number): Promise<void> {
    if (!replay.value) await run();
    if (replay.value) seek(replay.value.reach(n));
  },
};

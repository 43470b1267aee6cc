import type { Lesson } from '../src/lesson';
import { graph } from './01-graph';
import { leaves } from './02-leaves';
import { backward } from './03-backward';
import { accumulation } from './04-accumulation';
import { zeroing } from './05-zeroing';
import { retainGraph } from './06-retain-graph';
import { inPlace } from './07-in-place';
import { detach } from './08-detach';
import { noGrad } from './09-no-grad';
import { training } from './10-training';

export const lessons: Lesson[] = [
  graph,
  leaves,
  backward,
  accumulation,
  zeroing,
  retainGraph,
  inPlace,
  detach,
  noGrad,
  training,
];

// index.ts - the lessons in their order. The text of one comes when it is opened.
import type { Lesson } from '../src/lesson';

export interface Listed {
  id: string;
  number: number;
  /** The titles. */
  en: string;
  zh: string;
  load: () => Promise<Lesson>;
}

export const lessons: readonly Listed[] = [
  { id: 'graph', number: 1, en: 'The graph', zh: '计算图', load: async () => (await import('./01-graph')).graph },
  { id: 'leaves', number: 2, en: 'Leaves', zh: '叶子张量', load: async () => (await import('./02-leaves')).leaves },
  { id: 'backward', number: 3, en: 'Backward', zh: '反向传播', load: async () => (await import('./03-backward')).backward },
  { id: 'accumulation', number: 4, en: 'Accumulation', zh: '梯度累加', load: async () => (await import('./04-accumulation')).accumulation },
  { id: 'zeroing', number: 5, en: 'Zeroing', zh: '梯度清零', load: async () => (await import('./05-zeroing')).zeroing },
  { id: 'retain-graph', number: 6, en: 'Keeping the graph', zh: '保留计算图', load: async () => (await import('./06-retain-graph')).retainGraph },
  { id: 'in-place', number: 7, en: 'In place', zh: '原地操作', load: async () => (await import('./07-in-place')).inPlace },
  { id: 'detach', number: 8, en: 'Detach', zh: 'detach：从图中剥离', load: async () => (await import('./08-detach')).detach },
  { id: 'no-grad', number: 9, en: 'no_grad', zh: 'no_grad：不记录', load: async () => (await import('./09-no-grad')).noGrad },
  { id: 'training', number: 10, en: 'Training a small net', zh: '训练一个小网络', load: async () => (await import('./10-training')).training },
];

import type { ComponentChildren } from 'preact';

/** What a reader sees of a lesson in one language. */
export interface Text {
  /** One sentence: what one knows afterwards. */
  goal: string;
  /** Paragraphs. A function, because a vnode can be rendered only once. */
  prose: () => ComponentChildren;
  ask: {
    /** Phrasing content without a <p>, so that it may stand in a legend. */
    question: () => ComponentChildren;
    choices: string[];
    /** Which of the choices, from 0. */
    right: number;
    /** Paragraphs. */
    because: () => ComponentChildren;
  };
  code: string;
}

/** The code of both languages is one program: line n is the same statement in each. */
export interface Lesson {
  id: string;
  number: number;
  en: Text;
  zh: Text;
}

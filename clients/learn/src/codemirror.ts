// codemirror.ts - the editor: colours, line numbers, the current line, undo. It comes after the page and may stay away.
//
// It lives in a shadow root, where its style needs no exception from the page's policy.
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { python } from '@codemirror/lang-python';
import { HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, RangeSetBuilder, StateEffect, StateField, Transaction } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, gutterLineClass, GutterMarker, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { Editor } from './parts/editor';

interface Marks {
  now: number | null;
  wrong: number | null;
}
const setMarks = StateEffect.define<Marks>();
const now = Decoration.line({ class: 'cm-now' });
const wrong = Decoration.line({ class: 'cm-wrong' });

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(set, tr) {
    let made = tr.docChanged ? Decoration.none : set;
    for (const e of tr.effects) {
      if (!e.is(setMarks)) continue;
      const ranges = new RangeSetBuilder<Decoration>();
      const lines = tr.state.doc.lines;
      for (const line of [...new Set([e.value.now, e.value.wrong])].filter((n) => n !== null && n >= 1 && n <= lines).sort((a, b) => a! - b!)) {
        const from = tr.state.doc.line(line!).from;
        ranges.add(from, from, line === e.value.wrong ? wrong : now);
      }
      made = ranges.finish();
    }
    return made;
  },
  provide: (field) => [
    EditorView.decorations.from(field),
    gutterLineClass.compute([field], (state) => {
      const builder = new RangeSetBuilder<GutterMarker>();
      for (const at = state.field(field).iter(); at.value; at.next()) builder.add(at.from, at.from, arrow);
      return builder.finish();
    }),
  ],
});

class Arrow extends GutterMarker {
  override elementClass = 'cm-at';
}
const arrow = new Arrow();

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--code-keyword)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: tags.comment, color: 'var(--code-comment)' },
  { tag: [tags.function(tags.variableName), tags.propertyName], color: 'var(--code-call)' },
]);

const look = EditorView.theme({
  '&': { fontSize: '0.9rem', color: 'var(--ink)', backgroundColor: 'var(--card)' },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  '.cm-content': { fontFamily: 'var(--mono)', padding: '0.6rem 0', caretColor: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-scroller': { minHeight: '12rem', maxHeight: '32rem', lineHeight: '1.6', fontFamily: 'var(--mono)' },
  '@media print': { '.cm-scroller': { maxHeight: 'none' } },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--soft)', border: 'none', fontFamily: 'var(--mono)' },
  '.cm-now': { backgroundColor: 'var(--now)' },
  '.cm-wrong': { backgroundColor: 'var(--wrong-soft)', textDecoration: 'underline wavy var(--wrong)', textUnderlineOffset: '0.25em' },
  '.cm-at': { color: 'var(--ink)', fontWeight: '700' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': { backgroundColor: 'var(--choose)' },
});

export function edit(host: HTMLElement, text: string, changed: (text: string) => void, go: () => void): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open', delegatesFocus: true });
  const named = new Compartment();
  const label = (name: string) => EditorView.contentAttributes.of({ 'aria-label': name, tabindex: '0', spellcheck: 'false', autocapitalize: 'off' });
  let from: string | null = null; // what was set from outside, not to be told again
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), history(), python(), indentUnit.of('    '), EditorState.tabSize.of(4), syntaxHighlighting(colours), look, marks,
        keymap.of([{ key: 'Mod-Enter', run: () => (go(), true) }, ...historyKeymap, ...defaultKeymap.filter((b) => b.key !== 'Mod-Enter')]),
        named.of(label('')),
        // Text that comes as a whole (from tools, voice, a keyboard's suggestions) goes in as it is; left to the
        // browser it would arrive as styled markup.
        EditorView.domEventHandlers({
          beforeinput(e, at) {
            // Target ranges are empty in a shadow root, and a range of it may be one from before; the ends of the
            // selection are what the browser would replace.
            const selection = (at.root as Document).getSelection();
            const { anchorNode, anchorOffset, focusNode, focusOffset } = selection ?? {};
            const insert = at.state.toText(e.data ?? '');
            if (e.inputType !== 'insertText' || e.isComposing || !anchorNode || !focusNode || !insert.length) return false;
            const ends = [at.posAtDOM(anchorNode, anchorOffset), at.posAtDOM(focusNode, focusOffset)];
            const [from, to] = [Math.min(...ends), Math.max(...ends)];
            if (insert.length < 2 && from === to) return false; // a key that was pressed
            e.preventDefault();
            at.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, userEvent: 'input', scrollIntoView: true });
            return true;
          },
        }),
        EditorView.updateListener.of((u) => {
          if (!u.docChanged) return;
          const doc = u.state.doc.toString();
          if (doc !== from) changed(doc);
        }),
      ],
    }),
  });
  return {
    set(to) {
      const doc = view.state.doc.toString();
      if (doc === to) return;
      let head = 0;
      while (head < doc.length && head < to.length && doc[head] === to[head]) head++;
      let tail = 0;
      while (tail < doc.length - head && tail < to.length - head && doc[doc.length - 1 - tail] === to[to.length - 1 - tail]) tail++;
      from = to;
      view.dispatch({
        changes: { from: head, to: doc.length - tail, insert: to.slice(head, to.length - tail) },
        annotations: Transaction.addToHistory.of(true),
      });
      from = null;
    },
    mark(line, bad) {
      view.dispatch({ effects: setMarks.of({ now: line, wrong: bad }) });
      const seen = bad ?? line;
      if (seen !== null && seen >= 1 && seen <= view.state.doc.lines && !view.hasFocus) {
        const block = view.lineBlockAt(view.state.doc.line(seen).from);
        const { scrollTop, clientHeight } = view.scrollDOM;
        if (block.top < scrollTop || block.bottom > scrollTop + clientHeight) view.scrollDOM.scrollTop = block.top - clientHeight / 2;
      }
    },
    label: (name) => view.dispatch({ effects: named.reconfigure(label(name)) }),
    focus: (anchor, head) => {
      view.dispatch({ selection: { anchor, head }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}

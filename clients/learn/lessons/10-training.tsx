import type { Lesson } from '../src/lesson';
import { Line, Term } from '../src/prose';
import en from './10-training.en.py';
import zh from './10-training.zh.py';

export const training: Lesson = {
  id: 'training',
  number: 10,
  en: {
    goal: 'You will have seen all the pieces at work together in one training loop.',
    prose: () => (
      <>
        <p>
          A net is to learn <code>|x|</code> from four samples. Its first layer makes two numbers of each <code>x</code>
          , and <code>relu</code> turns what is negative into 0. The second layer mixes the two into one answer. Four
          numbers can be learnt, in <code>w1</code> and <code>w2</code>: the <Term is="parameter">parameters</Term>.
        </p>
        <p>
          Take <code>x</code> = −2 through the first round. In <Line n={9} />, −2 × 1 = −2 becomes 0, and −2 × −0.5 = 1
          stays 1. In <Line n={10} /> the answer is 0 × 0.5 + 1 × 1 = 1. It should be 2, so the error is −1. For the
          four samples the errors are −1, −0.5, −0.5, −1. Squared they are 1, 0.25, 0.25, 1, and their mean is the{' '}
          <Term is="loss" />: 0.625.
        </p>
        <p>
          Then <Line n={11} /> takes it back to <code>w1</code> and <code>w2</code>. Watch <code>relu</code> in between:
          where it gave 0, it lets no gradient through. So the negative samples teach one half of the net, the positive
          ones the other.
        </p>
        <p>
          Now <Line n={14} /> and <Line n={15} /> step downhill, as in lesson 9. The first weight has the gradient
          −0.625, and 1 − 0.1 × (−0.625) = 1.0625. After that, <Line n={16} /> and <Line n={17} /> clear the gradients,
          as in lesson 5. An <Term is="optimizer" /> would call these <code>step()</code> and <code>zero_grad()</code>.
        </p>
        <p>
          Then round again. The loss falls from 0.6250 to 0.0083, and after five rounds the net says 1.94 for 2 and 0.97
          for 1. Training of the largest models is this loop, with more in it.
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          In every round, <Line n={11} /> calls <code>backward()</code> without <code>retain_graph</code>. Why does the
          second round not fail as in lesson 6?
        </>
      ),
      choices: [
        'zero_() in line 16 and line 17 resets the graph as well',
        'The no_grad block lifts the check, as it does for leaves',
        'Line 9 and line 10 have built a new graph in the meantime',
        'loss is a single number, and for those the graph is kept',
      ],
      right: 2,
      because: () => (
        <>
          <p>
            Every round computes a new <code>h</code> and a new <code>loss</code>, with new notes and newly saved
            tensors. Go to <Line n={10} /> in the second round: it is another graph that ends at the same{' '}
            <code>w1</code> and <code>w2</code>. Only these two last from round to round, and what is in their{' '}
            <code>.grad</code>.
          </p>
          <p>
            If <Line n={9} /> stood before the loop, all rounds would share one <code>h</code>. Then the second{' '}
            <code>backward()</code> would reach notes that the first has emptied, and fail as in lesson 6.
          </p>
        </>
      ),
    },
    code: en,
  },
  zh: {
    goal: '在一个训练循环里，看前面学过的各个部分怎样配合。',
    prose: () => (
      <>
        <p>
          让一个网络从四个样本里学会 <code>|x|</code>。第一层把每个 <code>x</code> 变成两个数，<code>relu</code>{' '}
          把负的变成 0，第二层再把两个数合成一个答案。能学的数一共四个，放在 <code>w1</code> 和 <code>w2</code>{' '}
          里，它们就是
          <Term is="parameter" />。
        </p>
        <p>
          跟着 <code>x</code> = −2 走一遍第一轮。
          <Line n={9} />
          ：−2 × 1 = −2，变成 0；−2 × −0.5 = 1，还是 1。
          <Line n={10} />
          ：答案是 0 × 0.5 + 1 × 1 = 1，本该是 2，误差是 −1。四个样本的误差是 −1、−0.5、−0.5、−1，平方之后是
          1、0.25、0.25、1，平均起来就是
          <Term is="loss" />
          ：0.625。（变量名写成了 <code>损失</code>，Python 允许这样。）
        </p>
        <p>
          <Line n={11} />
          把它一路传回 <code>w1</code> 和 <code>w2</code>。留意中间的 <code>relu</code>
          ：输出为 0 的地方，梯度就过不去。于是负的样本只教网络的一半，正的样本只教另一半。
        </p>
        <p>
          <Line n={14} />和<Line n={15} />
          朝下坡走一步，就是第 9 课的做法：第一个权重的梯度是 −0.625，1 − 0.1 × (−0.625) = 1.0625。
          <Line n={16} />和
          <Line n={17} />
          把梯度清零，就是第 5 课的做法。换成
          <Term is="optimizer" />
          ，这两件事分别叫 <code>step()</code> 和 <code>zero_grad()</code>。
        </p>
        <p>
          然后进入下一轮。损失从 0.6250 降到 0.0083，五轮之后，该答 2 的地方网络答 1.94，该答 1 的地方答
          0.97。再大的模型，训练也是这个循环，只是里面的东西更多。
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          <Line n={11} />
          每一轮都调用 <code>backward()</code>，没有写 <code>retain_graph</code>。为什么第二轮没有像第 6 课那样出错？
        </>
      ),
      choices: [
        '第 16、17 行的 zero_() 把计算图也重置了',
        'no_grad 块免去了检查，就像对叶子那样',
        '第 9、10 行又搭出了一张新图',
        '损失只有一个数，这种情况下图会保留',
      ],
      right: 2,
      because: () => (
        <>
          <p>
            每一轮都会算出新的 <code>h</code> 和新的 <code>损失</code>，记录是新的，保存的张量也是新的。走到第二轮的
            <Line n={10} />
            看看：这是另一张图，只是终点还是同样的 <code>w1</code> 和 <code>w2</code>
            。一轮一轮留下来的只有它们俩，还有它们的 <code>.grad</code>。
          </p>
          <p>
            如果把
            <Line n={9} />
            挪到循环前面，所有轮次就会共用一个 <code>h</code>。第二次 <code>backward()</code>{' '}
            会走到已经被清空的记录上，像第 6 课那样出错。
          </p>
        </>
      ),
    },
    code: zh,
  },
};

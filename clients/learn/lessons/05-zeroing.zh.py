import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)

for i in range(3):
    y = (x + w) * (w + 1)
    y.backward()
    print("w.grad 和 x.grad:", w.grad, x.grad)
    w.grad.zero_()              # 只清 w 的

x.grad = None                   # 另一种清法
print("最后:", w.grad, x.grad)

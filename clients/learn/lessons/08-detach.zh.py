import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)

a = x + w
c = a.detach()                  # 只要 a 的数值，不要它的来历
b = w + 1
y = c * b
y.backward()
print("c 要梯度吗:", c.requires_grad)
print("w.grad 和 x.grad:", w.grad, x.grad)

d = w.detach()
d[0] = 999                      # 通过 d 来写
print("w:", w)

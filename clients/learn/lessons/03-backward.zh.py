import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)

a = x + w
b = w + 1
b.retain_grad()                 # b 不是叶子，想留住它的梯度要先说一声
y = a * b

y.backward()

print("叶子:", x.grad, w.grad)
print("b，已要求保留:", b.grad)
print("a:", a.grad)

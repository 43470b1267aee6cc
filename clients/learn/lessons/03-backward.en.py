import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)

a = x + w
b = w + 1
b.retain_grad()                 # b is no leaf: ask for its gradient to be kept
y = a * b

y.backward()

print("leaves:", x.grad, w.grad)
print("b, retained:", b.grad)
print("a:", a.grad)

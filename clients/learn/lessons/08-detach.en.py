import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)

a = x + w
c = a.detach()                  # the number of a, without its history
b = w + 1
y = c * b
y.backward()
print("c requires grad:", c.requires_grad)
print("w.grad and x.grad:", w.grad, x.grad)

d = w.detach()
d[0] = 999                      # written through d
print("w:", w)

import torch

# y = (x + w) * (w + 1), one small step a line
w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)

a = x + w
b = w + 1
y = a * b

print("a and b:", a, b)
print("y:", y)
print("w:", w)

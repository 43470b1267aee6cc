import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)
c = torch.tensor([3.])          # 普通数据，没人要它的梯度

a = x + w
d = c * 2
y = a * d

print("is_leaf（是叶子吗）")
print("w、x、c:", w.is_leaf, x.is_leaf, c.is_leaf)
print("a、d、y:", a.is_leaf, d.is_leaf, y.is_leaf)
print("requires_grad（要梯度吗）")
print("a、d、y:", a.requires_grad, d.requires_grad, y.requires_grad)

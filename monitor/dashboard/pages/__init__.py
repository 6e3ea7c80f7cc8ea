"""The pages of a visit round the set: what they say (`screens`) and the parts they are made of."""

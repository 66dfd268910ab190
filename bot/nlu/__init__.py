"""Understanding of customers' texts: Rasa 3 components that also work in any other Rasa project.

Guarantee: no text, however odd, raises; what is not understood within the error bound is never reported as
understood. The modules without "component" in their first line are plain Python and import no Rasa.
"""

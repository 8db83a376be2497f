"""The office: the pages that staff work in all day, one folder a capability.

The modules of this folder are shared by all of them: the decorator of a view, forms and fields,
lists, navigation, and the addresses.
"""
